import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encode, forgedKey, keys, otherKeys, signed } from '../proof/forge.ts';
import { assertion, type Forgery, ISSUER, NOW, proof, thiefKey, traderKey } from './forge.ts';
import { type Attempt, createScene, expectRefusal, expectToken, type Scene, TRADER } from './scene.ts';

const scene = await createScene();

/** A sound request of `trader` over which something is put. */
async function send(attempt: Attempt, at: Scene = scene) {
  return at.send({ proof: proof({ payload: { nonce: await at.nonce() } }), ...attempt });
}

const refused = async (forgery: Forgery, code: string) =>
  expectRefusal(await scene.assert(forgery), 'invalid_client', code);

const registered = (...jwks: object[]) => createScene({ clients: [{ ...TRADER, jwks: { keys: jwks } }] });

describe('CA-3-09 CA-3.2-01 C012 C013 the signature is by a key that the client registered', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('FAPI2-5.4.1-02 takes %s', async (alg) => {
    const at = await registered(keys[alg].jwk);
    expectToken(await at.assert({ key: keys[alg] }));
  });

  it.each([
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
  ] as const)('RFC 9864 §2.2 takes an Ed25519 key that was registered as %s and signs as %s', async (alg, used) => {
    const at = await registered({ ...keys.Ed25519.jwk, alg });
    expectToken(await at.assert({ key: { ...keys.Ed25519, alg: used } }));
  });

  it.each<[string, string]>([
    ['a flipped bit', assertion().replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))],
    ['no signature', `${assertion().split('.').slice(0, 2).join('.')}.`],
    ['alg none', `${encode('{"alg":"none"}')}.${assertion().split('.')[1]}.`],
    ['alg none with a signature', assertion({ header: { alg: 'none' } })],
    ['the signature of another assertion', assertion().replace(/[^.]*$/, assertion().split('.')[2] ?? '')],
    ['the key of somebody else', assertion({ key: thiefKey })],
    ['the key of somebody else in the header', assertion({ key: thiefKey, header: { jwk: thiefKey.jwk } })],
    ['no alg', assertion({ header: { alg: undefined } })],
    ['alg in lower case', assertion({ header: { alg: 'es256' } })],
    ['ES384', assertion({ key: keys.ES384 })],
    ['an alg of another key type', assertion({ header: { alg: 'PS256' } })],
    ['a DER signature', assertion({ key: { ...otherKeys.derSignature, alg: 'ES256' } })],
  ])('FAPI2-5.4.1-03 refuses %s', async (_name, text) => {
    expectRefusal(await send({ assertion: text }), 'invalid_client');
  });

  it('FAPI2-5.4.1-02 refuses RS256 and PS384 by a registered RSA key', async () => {
    const at = await registered(keys.PS256.jwk);
    for (const key of [otherKeys.rs256, keys.PS384, { ...otherKeys.rs256, alg: 'PS256' }]) {
      expectRefusal(await at.assert({ key: { ...key, alg: key.alg } }), 'invalid_client');
    }
    expectToken(await at.assert({ key: keys.PS256 }));
  });

  it('C012 refuses HS256 with the public key as the secret', async () => {
    const { createHmac } = await import('node:crypto');
    for (const secret of [JSON.stringify(traderKey.jwk), String(traderKey.jwk['x'])]) {
      const mac = { ...traderKey, sign: (input: string) => createHmac('sha256', secret).update(input).digest() };
      await refused({ key: { ...mac, alg: 'HS256' } }, 'assertion_alg');
    }
  });

  it('C012 refuses an alg other than the one registered for the key', async () => {
    const at = await registered({ ...keys.Ed25519.jwk, alg: 'Ed25519' }, { ...traderKey.jwk, alg: 'ES256' });
    expectToken(await at.assert());
    expectRefusal(await at.assert({ key: keys.PS256 }), 'invalid_client');
  });

  it('FAPI2-5.4.1-04 refuses a small RSA key even when it is sent along', async () => {
    const small = forgedKey('PS256', rsa, 'sha256', { padding: 6, saltLength: 32 });
    await refused({ key: small, header: { jwk: small.jwk } }, 'assertion_signature');
  });

  it('CA-5-01 leaves RS256 out, because FAPI 2.0 §5.4.1 forbids it', async () => {
    const text = scene.issuer.metadata().body;
    expect(text).not.toContain('RS256');
  });
});

describe('FAPI2-5.4.3-01 which of several keys', () => {
  it('is chosen by kty, alg and crv when kids are the same', async () => {
    const at = await registered(
      { ...traderKey.jwk, kid: 'same' },
      { ...keys.PS256.jwk, kid: 'same' },
      { ...keys.Ed25519.jwk, kid: 'same' },
    );
    for (const key of [traderKey, keys.PS256, keys.Ed25519]) {
      expectToken(await at.assert({ key, header: { kid: 'same' } }));
      expectToken(await at.assert({ key }));
    }
    expectRefusal(await at.assert({ key: thiefKey, header: { kid: 'same' } }), 'invalid_client');
  });

  it('is chosen by kid when the types are the same', async () => {
    const at = await registered({ ...traderKey.jwk, kid: 'new' }, { ...thiefKey.jwk, kid: 'old' });
    expectToken(await at.assert({ header: { kid: 'new' } }));
    expectToken(await at.assert({ key: thiefKey, header: { kid: 'old' } }));
    for (const kid of ['old', 'none', '', 7, ['new'], '../new']) {
      expectRefusal(await at.assert({ header: { kid } }), 'invalid_client', 'assertion_signature');
    }
  });
});

describe('FAPI2-5.4.1-01 CA-3-10 the rules of RFC 8725', () => {
  it.each([undefined, 'JWT', 'jwt', 'client-authentication+jwt'])('CA-bis-01 takes typ %s', async (typ) => {
    expectToken(await scene.assert({ header: { typ } }));
  });
  it.each(['dpop+jwt', 'at+jwt', 'oauth-authz-req+jwt', 'token-introspection+jwt', '', null, 7, ['JWT']])(
    'JOSE-8725-3.12-01 refuses typ %j',
    (typ) => refused({ header: { typ } }, 'assertion_alg'),
  );
  it.each<Forgery['header']>([
    { crit: ['exp'], exp: 1 },
    { crit: [] },
    { b64: false },
    { b64: true },
    { crit: ['b64'], b64: false },
  ])('JOSE-7515-4.1.11-01 refuses %j', (header) => refused({ header: header ?? {} }, 'assertion_malformed'));

  it('JOSE-8725-3.10-01 ignores jku, x5u, jwk and x5c, and fetches nothing', async () => {
    const header = { jku: `${ISSUER}/evil`, x5u: 'http://127.0.0.1:9/', x5c: ['c2VjcmV0'], jwk: thiefKey.jwk };
    expectToken(await scene.assert({ header }));
    await refused({ key: thiefKey, header }, 'assertion_signature');
  });

  it('JOSE-7519-4-01 the last of two equal members counts, for every check', async () => {
    const payload = `{"iss":"trader","sub":"nobody","sub":"trader","aud":"x","aud":"${ISSUER}","jti":"twice","exp":${NOW + 9}}`;
    expectToken(await send({ assertion: signed('{"alg":"none","alg":"ES256"}', payload, traderKey) }));
    const reversed = payload.replace('"sub":"nobody","sub":"trader"', '"sub":"trader","sub":"nobody"');
    expectRefusal(await send({ assertion: signed('{"alg":"ES256"}', reversed, traderKey) }), 'invalid_client');
  });

  it('JOSE-8725-3.12-01 an access token or a proof is no assertion', async () => {
    const token = expectToken(await scene.prove());
    const aProof = proof({ key: traderKey, payload: { iss: 'trader', sub: 'trader', aud: ISSUER, exp: NOW + 60 } });
    for (const other of [token, aProof]) expectRefusal(await send({ assertion: other }), 'invalid_client');
  });

  it('JOSE-8725-3.7-01 refuses a payload that is not UTF-8', async () => {
    const good = Buffer.from(assertion().split('.')[1] ?? '', 'base64url');
    const bad = Buffer.concat([good.subarray(0, -1), Buffer.from(',"a":"\xff"}', 'latin1')]);
    expectRefusal(
      await send({ assertion: signed('{"alg":"ES256"}', bad, traderKey) }),
      'invalid_client',
      'assertion_malformed',
    );
  });
});
