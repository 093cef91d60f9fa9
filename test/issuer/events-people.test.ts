import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EVENTS, type IssuerEvent, type IssuerOptions } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { codeOf, opened } from './interaction-scene.ts';
import { browser, createPeople, ORDER, PASSWORD, type People } from './people.ts';

/** What is told while something happens. */
async function told(happen: () => Promise<unknown>): Promise<IssuerEvent[]> {
  const events: IssuerEvent[] = [];
  const listen = (event: unknown) => void events.push(event as IssuerEvent);
  subscribe(EVENTS, listen);
  try {
    await happen();
  } finally {
    unsubscribe(EVENTS, listen);
  }
  return events;
}

const names = (events: readonly IssuerEvent[]) => events.map(({ event }) => event);
const SELF = { externalLogin: { start: () => 'https://login.example/' } };

/** Brings back who logged in at an organisation of his own. */
async function bringBack(people: People, its = browser()): Promise<{ path: string; status: number }> {
  const path = await people.open(its, await people.pushed({}, { proof: 'none' }));
  const url = await people.issuer.authorization.loggedIn(path.split('/')[2] ?? '', { sub: 'anna' });
  return { path, status: (await people.browse(its, url)).status };
}

describe('what an issuer for people tells', () => {
  it('every step, and about whom', async () => {
    const people = await createPeople();
    const its = browser();
    const events = await told(async () => {
      const asked = { authorization_details: JSON.stringify([ORDER]) };
      const path = await people.open(its, await people.pushed(asked, { proof: 'none' }));
      await people.logIn(its, path, { password: 'wrong' });
      await people.logIn(its, path);
      await people.decide(its, path, 'approve');
    });
    expect(names(events)).toEqual(['request.pushed', 'login.refused', 'login.succeeded', 'authorization.granted']);
    expect(events[2]).toMatchObject({ subject: 'person-anna', clientId: 'trader' });
    expect(events[3]).toMatchObject({
      subject: 'person-anna',
      clientId: 'trader',
      scope: ['orders:read', 'orders:write'],
      details: ['order_entry'],
    });
    expect(JSON.stringify(events)).not.toContain(PASSWORD);
  });

  it('that somebody logged in at an organisation of his own', async () => {
    const people = await createPeople({}, SELF);
    const events = await told(() => bringBack(people));
    expect(names(events)).toEqual(['request.pushed', 'login.succeeded']);
    expect(events[1]).toMatchObject({ subject: 'anna', clientId: 'trader' });
  });

  it('one decision, however often the button is pressed', async () => {
    const { people, its, path, csrf } = await opened();
    const events = await told(async () => {
      for (let i = 0; i < 3; i++) await people.browse(its, path, { csrf, decision: 'approve' });
    });
    expect(names(events)).toEqual(['authorization.granted']);
  });

  it('what it refused a browser, as it does of a program', async () => {
    const { people, its, path, csrf } = await opened();
    const events = await told(async () => {
      await people.browse(its, '/authorize?client_id=trader');
      await people.browse(browser(), path);
      await people.browse(its, path, { csrf: 'a', decision: 'approve' });
      await people.browse(its, path, { csrf, decision: 'deny' });
      await people.browse(its, path);
    });
    const refused = { event: 'request.refused', at: expect.any(Number) };
    expect(events).toEqual([
      { ...refused, endpoint: '/authorize', code: 'request_uri_missing' },
      { ...refused, endpoint: '/interaction', code: 'interaction_unknown' },
      { ...refused, endpoint: '/interaction', code: 'page_forged' },
      expect.objectContaining({ event: 'authorization.denied', code: 'consent_denied' }),
      { ...refused, endpoint: '/interaction', code: 'request_uri_used' },
    ]);
  });
});

describe('RFC 9700 §4.14.2 what cannot be recorded does not happen', () => {
  /** An audit trail that cannot hold one kind of event. */
  const without = (event: IssuerEvent['event']): Pick<IssuerOptions, 'audit'> => ({
    audit(happened) {
      if (happened.event === event) throw new Error('ENOSPC swordfish');
    },
  });

  it('nobody is logged in by a password', async () => {
    const people = await createPeople({}, without('login.succeeded'));
    const its = browser();
    const path = await people.open(its, await people.pushed());
    const refused = await people.logIn(its, path);
    expect({ status: refused.status, code: refused.refusal?.code }).toEqual({ status: 503, code: 'audit_unavailable' });
    expect(refused.text).not.toContain('swordfish');
    expect((await people.browse(its, path)).text).toContain('id="password"');
  });

  it('nobody is logged in by a ticket', async () => {
    const people = await createPeople({}, { ...SELF, ...without('login.succeeded') });
    const its = browser();
    const { path, status } = await bringBack(people, its);
    expect(status).toBe(503);
    expect((await people.browse(its, path)).headers['Location']).toBe('https://login.example/');
  });

  it('nothing is granted', async () => {
    const { people, its, path, csrf } = await opened(await createPeople({}, without('authorization.granted')));
    const refused = await people.browse(its, path, { csrf, decision: 'approve' });
    expect(refused.status).toBe(503);
    expect(refused.headers).not.toHaveProperty('Location');
    const again = await people.browse(its, path, { csrf, decision: 'approve' });
    if (again.status === 303) expect((await people.redeem(codeOf(again))).body['code']).toBe('code_unknown');
  });

  it('no token is given', async () => {
    const people = await createPeople({}, without('token.issued'));
    const { status, body } = await people.redeem(await people.code());
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'audit_unavailable' });
    expect(body).not.toHaveProperty('access_token');
  });
});
