import { describe, expect, it } from 'vitest';
import { NOW } from './forge.ts';
import { createPeople, type People } from './people.ts';
import { expectRefusal, expectToken } from './scene.ts';

const rotating = (changes: object = {}) => createPeople({ refresh_token_rotation: {}, ...changes });

async function first(people: People): Promise<string> {
  return String((await people.redeem(await people.code())).body['refresh_token']);
}

/** Uses a token and returns its successor. */
async function next(people: People, token: string): Promise<string> {
  const answer = await people.refresh(token);
  expectToken(answer);
  expect(answer.body['refresh_token']).toMatch(/^[A-Za-z0-9_-]{43}$/);
  return String(answer.body['refresh_token']);
}

describe('RFC 9700 §4.14.2 refresh tokens that are replaced, where that is configured', () => {
  it('FAPI2-5.3.2.1-09 C054 each use gives another one', async () => {
    const people = await rotating();
    const seen = [await first(people)];
    for (let i = 0; i < 5; i++) seen.push(await next(people, seen.at(-1) ?? ''));
    expect(new Set(seen).size).toBe(6);
  });

  it('FAPI2-5.3.2.1-09 C054 the old one serves 30 s later, and gives the same successor', async () => {
    const people = await rotating();
    const old = await first(people);
    const successor = await next(people, old);
    people.now = NOW + 30;
    expect(await next(people, old)).toBe(successor);
    people.now = NOW + 60;
    expect(await next(people, old)).toBe(successor);
    await next(people, successor);
  });

  it('C054 whoever lost the answer gets it again after the successor was used, too', async () => {
    const people = await rotating();
    const old = await first(people);
    const successor = await next(people, old);
    const third = await next(people, successor);
    expect(await next(people, old)).toBe(successor);
    expect(await next(people, successor)).toBe(third);
  });

  it.each([
    [undefined, 60],
    [30, 30],
    [3600, 3600],
  ])('after the grace of %j s its use ends the grant', async (grace, seconds) => {
    const people = await rotating({ refresh_token_rotation: grace === undefined ? {} : { grace } });
    const old = await first(people);
    const successor = await next(people, old);
    people.now = NOW + seconds;
    expect(await next(people, old)).toBe(successor);
    people.now = NOW + seconds + 1;
    expectRefusal(await people.refresh(old), 'invalid_grant', 'grant_revoked');
    expectRefusal(await people.refresh(successor), 'invalid_grant', 'grant_revoked');
  });

  it('the grace begins with the first use, and no later one makes it longer', async () => {
    const people = await rotating();
    const old = await first(people);
    await next(people, old);
    for (const at of [20, 40, 60]) {
      people.now = NOW + at;
      await next(people, old);
    }
    people.now = NOW + 61;
    expectRefusal(await people.refresh(old), 'invalid_grant', 'grant_revoked');
  });

  it('another client that shows an old one ends nothing', async () => {
    const people = await rotating();
    const old = await first(people);
    const successor = await next(people, old);
    people.now = NOW + 3600;
    expectRefusal(await people.refresh(old, {}, { client: 'rival' }), 'invalid_grant', 'refresh_client');
    await next(people, successor);
  });

  it('what was refused replaces nothing', async () => {
    const people = await rotating();
    const token = await first(people);
    expectRefusal(await people.refresh(token, { scope: 'everything' }), 'invalid_scope');
    expectRefusal(await people.refresh(token, {}, { proof: 'none' }), 'invalid_dpop_proof');
    expectRefusal(await people.refresh(token, {}, { proof: { payload: { nonce: undefined } } }), 'use_dpop_nonce');
    people.now = NOW + 3600;
    await next(people, token);
  });

  it('no successor outlives what was allowed, and each has the idle time for itself', async () => {
    const people = await rotating({ refresh_token_lifetime: 1000, refresh_token_idle_lifetime: 400 });
    let token = await first(people);
    for (const at of [390, 780, 1000]) {
      people.now = NOW + at;
      token = await next(people, token);
    }
    people.now = NOW + 1001;
    expectRefusal(await people.refresh(token), 'invalid_grant', 'refresh_unknown');
  });

  it('nobody guesses a successor: it needs more than the token', async () => {
    const [one, other] = [await rotating(), await rotating()];
    const seen = new Set<string>();
    for (const people of [one, other]) for (let i = 0; i < 5; i++) seen.add(await next(people, await first(people)));
    expect(seen.size).toBe(10);
  });

  it.each([29, 0, 3601])('a grace of %d s stops the start', async (grace) => {
    await expect(rotating({ refresh_token_rotation: { grace } })).rejects.toThrow(/refresh_token_rotation\.grace/);
  });
});
