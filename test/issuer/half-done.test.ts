import { generateKeyPairSync } from 'node:crypto';
import { givenKeys, type IssuerEvent, type IssuerOptions } from '@holdfast/issuer';
import { type Algorithm, HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { claims, ecKey, NOW } from './forge.ts';
import { type Answer, browser, createPeople, csrfOf, DESK, RIVAL } from './people.ts';
import { placeOf, readList } from './status-scene.ts';

/** What failed half-way leaves nothing that is lost for good, and nothing that nobody knows of. */

const clock = () => NOW * 1000;

describe('RFC 9126 §7.3 what was interrupted can be done again, and is done once', () => {
  const pressed = async (options: Partial<IssuerOptions>) => {
    const its = await createPeople({}, options);
    const her = browser();
    const path = await its.open(her, await its.pushed());
    await its.logIn(her, path);
    const { text } = await its.browse(her, path);
    const press = (decision: string) => its.browse(her, path, { csrf: csrfOf(text), decision });
    return { its, press };
  };
  const codeIn = ({ headers }: Answer) => new URL(headers['Location'] ?? '').searchParams.get('code') ?? '';

  /** A store that fails once, at the first entry of this kind. */
  function failingOnce(kind: string): Store {
    const store = memoryStore({ clock });
    let hasFailed = false;
    return {
      ...store,
      add(key, ...entry) {
        if (hasFailed || !key.startsWith(`${kind} `)) return store.add(key, ...entry);
        hasFailed = true;
        throw new HoldfastError('store_unavailable');
      },
    };
  }

  it.each(['decided', 'code'])('an approval that the store failed to keep as %s', async (kind) => {
    const { its, press } = await pressed({ store: failingOnce(kind) });
    expect((await press('approve')).status).toBe(503);
    const code = codeIn(await press('approve'));
    expect(codeIn(await press('approve'))).toBe(code);
    expect((await its.redeem(code)).status).toBe(200);
    expect((await its.redeem(codeIn(await press('approve')))).body['code']).toBe('code_used');
  });

  it('an approval whose code has expired gives no other one', async () => {
    const { its, press } = await pressed({ store: failingOnce('code') });
    await press('approve');
    its.now += 60;
    expect((await its.redeem(codeIn(await press('approve')))).body['code']).toBe('code_unknown');
  });

  it.each(['approve', 'deny'])('a decision that could not be recorded: %s', async (decision) => {
    const recorded: IssuerEvent[] = [];
    let isFull = true;
    const { its, press } = await pressed({
      audit(event) {
        if (event.event.startsWith('authorization.') && isFull) throw new Error('ENOSPC');
        recorded.push(event);
      },
    });
    expect((await press(decision)).status).toBe(503);
    isFull = false;
    const answer = await press(decision);
    const granted = recorded.filter(({ event }) => event.startsWith('authorization.'));
    expect(granted).toHaveLength(1);
    if (decision === 'approve') {
      const { body } = await its.redeem(codeIn(answer));
      expect(claims(body['access_token'])['jti']).toContain(String(granted[0]?.grant));
    } else expect(answer.headers['Location']).toContain('error=access_denied');
  });
});

describe('a key ring that lost an algorithm', () => {
  const desk = { ...DESK, id_token_signed_response_alg: 'Ed25519', authorization_signed_response_alg: 'Ed25519' };

  /** An issuer whose keys for Ed25519 may be gone. */
  async function withLosableKey() {
    const edwards = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const [both, one] = [
      givenKeys([
        { ...ecKey().privateJwk, kid: 'first' },
        { ...edwards, kid: 'second' },
      ]),
      givenKeys([{ ...ecKey().privateJwk, kid: 'first' }]),
    ];
    const held = { ring: both };
    const keys = { current: (alg?: Algorithm) => held.ring.current(alg), jwks: () => held.ring.jwks() };
    const its = await createPeople({ clients: [desk, RIVAL] }, { keys });
    return { its, lose: () => (held.ring = one), find: () => (held.ring = both) };
  }

  it('asks no person for what could not be answered', async () => {
    const { its, lose, find } = await withLosableKey();
    lose();
    expect(await its.push()).toMatchObject({ status: 500, body: { error: 'server_error', code: 'internal' } });
    find();
    expect((await its.push()).status).toBe(201);
  });

  it('signs the status lists anew at once, since nobody can verify those of a key that was dropped', async () => {
    const held = { ring: givenKeys([{ ...ecKey().privateJwk, kid: 'leaked' }]) };
    const keys = { current: (alg?: Algorithm) => held.ring.current(alg), jwks: () => held.ring.jwks() };
    const its = await createPeople({ status_list: { ttl: 3600 } }, { keys });
    const { uri } = placeOf(String((await its.redeem(await its.code())).body['access_token']));
    expect((await readList(its.issuer, uri)).header['kid']).toBe('leaked');
    held.ring = givenKeys([{ ...ecKey().privateJwk, kid: 'another' }]);
    expect((await readList(its.issuer, uri)).header['kid']).toBe('another');
  });

  it('leaves the code that it cannot redeem', async () => {
    const { its, lose, find } = await withLosableKey();
    const her = browser();
    const path = await its.open(her, await its.pushed({ scope: 'openid' }));
    await its.logIn(her, path);
    const { headers } = await its.decide(her, path, 'approve');
    const { code } = claims(new URL(headers['Location'] ?? '').searchParams.get('response'));
    lose();
    expect((await its.redeem(String(code))).status).toBe(500);
    find();
    expect((await its.redeem(String(code))).body).toHaveProperty('id_token');
  });
});
