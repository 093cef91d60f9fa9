import type { Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { sqliteFolder } from '../stores/sqlite-folder.ts';
import { assertion, NOW } from './forge.ts';
import { type Answer, browser, createPeople, csrfOf, type People } from './people.ts';

const { openStore } = sqliteFolder();

const MANY = 100;

type Clock = () => number;

/** Both backends of an issuer that is alone on its machine. */
const stores: [string, (clock: Clock) => Store][] = [
  ['memory', (clock) => memoryStore({ clock })],
  ['SQLite', (clock) => openStore({ clock })],
];

const many = <T>(act: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: MANY }, (_, i) => act(i)));

/** How often each outcome occurred: `ok`, or the reason of a refusal. */
function outcomes(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const outcome = status < 400 ? 'ok' : String(body['code']);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

describe.each(stores)('of 100 parallel attempts exactly one succeeds, on %s', (_name, makeStore) => {
  async function createScene(changes: Record<string, unknown> = {}): Promise<People> {
    return await createPeople(changes, { store: makeStore(() => NOW * 1000) });
  }

  it('C033 FAPI2-5.3.2.2-09 BCP-4.2-01 one code', async () => {
    const people = await createScene();
    const code = await people.code();
    const nonce = await people.nonce();
    const answers = await many(() => people.redeem(code, {}, { proof: { payload: { nonce } } }));
    expect(outcomes(answers)).toEqual({ ok: 1, code_used: MANY - 1 });
    // Whoever shows it again ends what it gave
    const [given] = answers.filter(({ status }) => status === 200);
    expect((await people.refresh(String(given?.body['refresh_token']))).body['code']).toBe('grant_revoked');
  });

  it('C025 PAR-4-02 one pushed request, opened in many browsers', async () => {
    const people = await createScene();
    const requestUri = await people.pushed();
    const pages = [];
    for (let i = 0; i < MANY; i++) {
      const its = browser();
      const path = await people.open(its, requestUri);
      await people.logIn(its, path);
      pages.push({ its, path, csrf: csrfOf((await people.browse(its, path)).text) });
    }
    const decided = await Promise.all(
      pages.map(({ its, path, csrf }) => {
        return people.browse(its, path, { csrf, decision: 'approve' });
      }),
    );
    const codes = decided.filter(({ headers }) => headers['Location'] !== undefined);
    expect(codes).toHaveLength(1);
    expect(decided.filter(({ refusal }) => refusal?.code === 'request_uri_used')).toHaveLength(MANY - 1);
    const code = new URL(codes[0]?.headers['Location'] ?? '').searchParams.get('code') ?? '';
    expect((await people.redeem(code)).status).toBe(200);
  });

  it('C025 PAR-4-02 one pushed request whose button is pressed many times gives one code, which is good once', async () => {
    const people = await createScene();
    const its = browser();
    const path = await people.open(its, await people.pushed());
    await people.logIn(its, path);
    const csrf = csrfOf((await people.browse(its, path)).text);
    const decided = await many(() => people.browse(its, path, { csrf, decision: 'approve' }));
    const locations = new Set(decided.map(({ headers }) => headers['Location']));
    expect(locations.size).toBe(1);
    const code = new URL([...locations][0] ?? '').searchParams.get('code') ?? '';
    expect(outcomes([await people.redeem(code), await people.redeem(code)])).toEqual({ ok: 1, code_used: 1 });
  });

  it('C014 CA-3-08 one assertion', async () => {
    const people = await createScene();
    const nonce = await people.nonce();
    const once = assertion({ payload: { iat: people.now, exp: people.now + 60 } });
    const form = { grant_type: 'client_credentials' };
    const answers = await many(() => people.send('token', { form, assertion: once, proof: { payload: { nonce } } }));
    expect(outcomes(answers)).toEqual({ ok: 1, assertion_replayed: MANY - 1 });
  });

  it('C054 FAPI2-5.3.2.1-09 one refresh token that is rotated; whoever tries again gets what the one got', async () => {
    const people = await createScene({ refresh_token_rotation: { grace: 60 } });
    const { body } = await people.redeem(await people.code());
    const nonce = await people.nonce();
    const token = String(body['refresh_token']);
    const answers = await many(() => people.refresh(token, {}, { proof: { payload: { nonce } } }));
    expect(outcomes(answers)).toEqual({ ok: 1, refresh_unknown: MANY - 1 });
    const [successor] = answers.flatMap(({ body: given }) => given['refresh_token'] ?? []);
    expect(successor).toMatch(/^[\w-]{43}$/);
    expect(successor).not.toBe(token);
    expect((await people.refresh(token)).body['refresh_token']).toBe(successor);
    expect((await people.refresh(String(successor))).status).toBe(200);
  });
});
