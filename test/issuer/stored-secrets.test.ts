import type { Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { NOW } from './forge.ts';
import { codeOf } from './interaction-scene.ts';
import { browser, createPeople, csrfOf, DESK, PASSWORD, pkce, RIVAL } from './people.ts';

const clock = () => NOW * 1000;

/** A store that tells all that it was ever given. */
function toldStore(): { readonly store: Store; readonly told: string[] } {
  const told: string[] = [];
  const kept = memoryStore({ clock });
  const add: Store['add'] = (key, value, expiresAt) => {
    told.push(key, value);
    return kept.add(key, value, expiresAt);
  };
  return { store: { ...kept, add }, told };
}

describe('who reads the store can use nothing that is in it', () => {
  it.each([
    ['our own login', {}],
    ['an organisation that logs people in', { externalLogin: { start: () => 'https://login.example/' } }],
  ])('with %s: no code, token, cookie, ticket, verifier or password', async (_name, options) => {
    const { store, told } = toldStore();
    const changes = { refresh_token_rotation: {}, clients: [{ ...DESK, access_token_format: 'opaque' }, RIVAL] };
    const people = await createPeople(changes, { store, ...options });
    const { verifier, challenge } = pkce();
    const its = browser();
    const path = await people.open(
      its,
      await people.pushed({ code_challenge: challenge, scope: 'openid orders:read' }),
    );
    let ticket = '';
    if ('externalLogin' in options) {
      const account = { sub: 'anna' };
      const back = await people.issuer.authorization.loggedIn(path.split('/')[2] ?? '', account);
      ticket = new URL(back).searchParams.get('ticket') ?? '';
      await people.browse(its, back);
    } else await people.logIn(its, path);
    const csrf = csrfOf((await people.browse(its, path)).text);
    const code = codeOf(await people.browse(its, path, { csrf, decision: 'approve' }));
    const { body } = await people.redeem(code, { code_verifier: verifier });
    const refreshed = await people.refresh(String(body['refresh_token']));
    const secrets = [
      ...[csrf, code, verifier, ...its.cookies.values(), ...('externalLogin' in options ? [ticket] : [PASSWORD])],
      ...[body, refreshed.body].flatMap((each) => [each['access_token'], each['refresh_token']]),
    ];
    const all = told.join('\n');
    expect(told.length).toBeGreaterThan(10);
    for (const secret of secrets) {
      expect(secret).toMatch(/.{20,}/);
      expect(all).not.toContain(secret);
    }
  });
});
