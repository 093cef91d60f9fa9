import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EVENTS, type IssuerEvent } from '@holdfast/issuer';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEvents, type Occurrence } from '../../packages/issuer/src/events.ts';

const NOW = 1_800_000_000_123;
const clock = () => NOW;
const issued: Occurrence = { event: 'token.issued', clientId: 'trader', grantType: 'client_credentials' };
const pushed: Occurrence = { event: 'request.pushed', clientId: 'trader' };
const refused: Occurrence = { event: 'request.refused', endpoint: '/token', code: 'assertion_replayed' };

const heard: unknown[] = [];
const hear = (message: unknown) => void heard.push(message);
afterEach(() => {
  unsubscribe(EVENTS, hear);
  heard.length = 0;
  vi.useRealTimers();
});

describe('what an issuer tells', () => {
  it('costs nothing when nobody wants to know', () => {
    const watch = vi.fn(clock);
    expect(createEvents({ clock: watch }).tell(issued)).toBeUndefined();
    expect(watch).not.toHaveBeenCalled();
  });

  it('is published at once to those who listen, with its time', () => {
    subscribe(EVENTS, hear);
    const events = createEvents({ clock });
    for (const occurrence of [issued, pushed, refused]) expect(events.tell(occurrence)).toBeUndefined();
    expect(heard).toEqual([issued, pushed, refused].map((occurrence) => ({ ...occurrence, at: NOW })));
  });

  it('is recorded before anybody else hears of it, and before it is answered for', async () => {
    subscribe(EVENTS, hear);
    const recording = Promise.withResolvers<void>();
    const records: IssuerEvent[] = [];
    const audit = (event: IssuerEvent) => {
      records.push(event);
      return recording.promise;
    };
    let answered = false;
    const telling = Promise.resolve(createEvents({ clock, audit }).tell(issued)).then(() => (answered = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([records, heard, answered]).toEqual([[{ ...issued, at: NOW }], [], false]);
    recording.resolve();
    await telling;
    expect(heard).toEqual(records);
  });

  it.each([
    ['throws', () => raise()],
    ['rejects', async () => raise()],
  ])(
    'RFC 9700 §4.14.2 is refused when its record %s, in words of our own, and is heard by nobody',
    async (_what, audit) => {
      subscribe(EVENTS, hear);
      const telling = createEvents({ clock, audit }).tell(issued);
      await expect(telling).rejects.toMatchObject({ code: 'audit_unavailable', issuerStatus: 503 });
      await expect(telling).rejects.not.toThrow(/a fault/);
      expect(heard).toEqual([]);
    },
  );

  it('RFC 9700 §4.14.2 is refused when its record does not come to an end', async () => {
    vi.useFakeTimers();
    const telling = createEvents({ clock, audit: () => new Promise(() => {}), timeout: 50 }).tell(issued);
    const refusal = expect(telling).rejects.toMatchObject({ code: 'audit_unavailable' });
    await vi.advanceTimersByTimeAsync(50);
    await refusal;
  });

  it('is not recorded where it changes nothing and a stranger can cause it', () => {
    const audit = vi.fn();
    const events = createEvents({ clock, audit });
    for (const occurrence of [pushed, refused]) expect(events.tell(occurrence)).toBeUndefined();
    expect(audit).not.toHaveBeenCalled();
  });
});

function raise(): never {
  throw new Error('a fault of the disk');
}
