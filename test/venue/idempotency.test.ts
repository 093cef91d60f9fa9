import { type Answer, IdempotencyTable } from '@holdfast/venue';
import { describe, expect, test } from 'vitest';
import { stoppedClock } from './desk.ts';

const day = 24 * 60 * 60 * 1000;

/** Counts how often the act behind a key really ran; each run answers differently. */
function counted(): { act: () => Answer; runs: () => number } {
  let runs = 0;
  const act = () => {
    runs += 1;
    return { status: 201, headers: {}, body: `{"run":${runs}}` };
  };
  return { act, runs: () => runs };
}

describe('one account, one key, one answer', () => {
  test('the second request gets the first answer and acts no more', () => {
    const table = new IdempotencyTable({ clock: stoppedClock() });
    const { act, runs } = counted();
    const first = table.once('alice', 'k', 'buy 1', act);
    const second = table.once('alice', 'k', 'buy 1', act);
    expect(first).toMatchObject({ replayed: false, answer: { body: '{"run":1}' } });
    expect(second).toEqual({ replayed: true, answer: first.answer });
    expect(runs()).toBe(1);
  });

  test('another request under the key is refused', () => {
    const table = new IdempotencyTable({ clock: stoppedClock() });
    const { act, runs } = counted();
    table.once('alice', 'k', 'buy 1', act);
    expect(() => table.once('alice', 'k', 'buy 2', act)).toThrow(
      expect.objectContaining({ code: 'idempotency_key_reused', status: 422 }),
    );
    expect(runs()).toBe(1);
  });

  test('another account may use the same key', () => {
    const table = new IdempotencyTable({ clock: stoppedClock() });
    const { act, runs } = counted();
    table.once('alice', 'k', 'buy 1', act);
    expect(table.once('bob', 'k', 'buy 1', act).replayed).toBe(false);
    expect(runs()).toBe(2);
  });

  test('key and account cannot be shifted into each other', () => {
    const table = new IdempotencyTable({ clock: stoppedClock() });
    const { act, runs } = counted();
    table.once('balice', 'a', 'buy 1', act);
    table.once('alice', 'ab', 'buy 1', act);
    table.once('b alice', 'a', 'buy 1', act);
    table.once('alice', 'a', 'buy 1', act);
    expect(runs()).toBe(4);
  });

  test('an act that throws leaves no trace', () => {
    const table = new IdempotencyTable({ clock: stoppedClock(), maxKeys: 1 });
    const { act } = counted();
    const failing = () => {
      throw new Error('refused');
    };
    expect(() => table.once('alice', 'k', 'buy 1', failing)).toThrow('refused');
    expect(table.once('alice', 'k', 'buy 2', act).replayed).toBe(false);
  });
});

describe('24 hours', () => {
  test('until the last millisecond the answer is repeated, then the key is new', () => {
    const clock = stoppedClock();
    const table = new IdempotencyTable({ clock });
    const { act, runs } = counted();
    table.once('alice', 'k', 'buy 1', act);
    clock.advance(day - 1);
    expect(table.once('alice', 'k', 'buy 1', act).replayed).toBe(true);
    clock.advance(1);
    expect(table.once('alice', 'k', 'buy 2', act).replayed).toBe(false);
    expect(runs()).toBe(2);
    clock.advance(day);
    expect(table.once('alice', 'k', 'buy 3', act).replayed).toBe(false);
  });

  test('a replay does not make the key live longer', () => {
    const clock = stoppedClock();
    const table = new IdempotencyTable({ clock });
    const { act } = counted();
    table.once('alice', 'k', 'buy 1', act);
    clock.advance(day / 2);
    table.once('alice', 'k', 'buy 1', act);
    clock.advance(day / 2);
    expect(table.once('alice', 'k', 'buy 1', act).replayed).toBe(false);
  });
});

describe('a full table', () => {
  test('refuses a new key before it acts, says when there is room, and still answers the old ones', () => {
    const clock = stoppedClock();
    const table = new IdempotencyTable({ clock, maxKeys: 2 });
    const { act, runs } = counted();
    table.once('alice', '1', 'buy 1', act);
    clock.advance(10_000);
    table.once('bob', '2', 'buy 1', act);
    expect(() => table.once('carol', '3', 'buy 1', act)).toThrow(
      expect.objectContaining({ code: 'idempotency_full', status: 503, retryAfter: day / 1000 - 10 }),
    );
    expect(runs()).toBe(2);
    expect(table.once('alice', '1', 'buy 1', act).replayed).toBe(true);
    clock.advance(day - 10_000);
    expect(table.once('carol', '3', 'buy 1', act).replayed).toBe(false);
    expect(() => table.once('carol', '4', 'buy 1', act)).toThrow('no room');
  });

  test('an account has its share: others are still served', () => {
    const clock = stoppedClock();
    const table = new IdempotencyTable({ clock, maxKeysPerAccount: 1 });
    const { act } = counted();
    table.once('alice', '1', 'buy 1', act);
    expect(() => table.once('alice', '2', 'buy 1', act)).toThrow('no room');
    expect(table.once('bob', '2', 'buy 1', act).replayed).toBe(false);
    clock.advance(day);
    expect(table.once('alice', '2', 'buy 1', act).replayed).toBe(false);
    expect(() => table.once('alice', '3', 'buy 1', act)).toThrow('no room');
  });

  test('the share of an account grows back key by key', () => {
    const clock = stoppedClock();
    const table = new IdempotencyTable({ clock, maxKeysPerAccount: 2 });
    const { act } = counted();
    table.once('alice', '1', 'buy 1', act);
    clock.advance(1000);
    table.once('alice', '2', 'buy 1', act);
    clock.advance(day - 1000);
    expect(table.once('alice', '3', 'buy 1', act).replayed).toBe(false);
    expect(() => table.once('alice', '4', 'buy 1', act)).toThrow('no room');
  });
});
