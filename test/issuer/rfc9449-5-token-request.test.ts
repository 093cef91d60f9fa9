import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ForgedKey, keys, otherKeys, signed } from '../proof/forge.ts';
import { assertion, claims, type Forgery, ISSUER, MTLS, NOW, proof, proofKey, thiefKey, traderKey } from './forge.ts';
import { createScene, expectRefusal, expectToken, TRADER } from './scene.ts';

const scene = await createScene();
const withoutNonces = await createScene({ dpop_nonce: 'off' });

const refused = async (forgery: Forgery, code?: string) =>
  expectRefusal(await scene.prove(forgery), 'invalid_dpop_proof', code);

/** A header with one of these fields, or several, beside a sound request. */
async function withFields(...fields: string[]) {
  const headers = fields.flatMap((field) => ['DPoP', field]);
  return scene.send({ assertion: assertion(), headers });
}

/** RFC 7638 by hand. */
function thumbprint({ jwk }: ForgedKey): string {
  const members = Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}

describe('RFC 9449 §5 a sound proof binds the token', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'DPOP-5-03 DPOP-6.1-01 C037 %s: token_type DPoP and cnf.jkt is the thumbprint of the proof key',
    async (alg) => {
      const answer = await scene.prove({ key: keys[alg] });
      expect(claims(expectToken(answer))['cnf']).toEqual({ jkt: thumbprint(keys[alg]) });
      expect(answer.body['token_type']).toBe('DPoP');
    },
  );

  it('DPOP-6.1-01 the thumbprint that these tests expect is that of the published example', async () => {
    // RFC 9449 figures 2 and 9
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    };
    expect(thumbprint({ ...proofKey, jwk })).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  });

  it('DPOP-5-03 the proof may be by the key that authenticates, or by any other', async () => {
    for (const key of [traderKey, thiefKey]) expectToken(await scene.prove({ key }));
  });

  it('C044 unknown members, ath, a running exp and a past nbf do no harm', async () => {
    expectToken(
      await scene.prove({ header: { kid: 'a', x: 1 }, payload: { ath: 'x', y: {}, exp: NOW + 300, nbf: NOW } }),
    );
  });

  it.each([
    `${ISSUER}/token?a=b`,
    `${ISSUER}/token#a`,
    `${ISSUER}:443/token`,
    'HTTPS://ISSUER.example/token',
    `${ISSUER}/%74oken`,
  ])('C041 takes %s as htu', async (htu) => void expectToken(await scene.prove({ payload: { htu } })));

  it('MTLS-5-01 C050 htu is the alias where the alias is called, and not elsewhere', async () => {
    const nonce = await scene.nonce();
    const send = async (origin: string, htu: string) =>
      scene.send({ assertion: assertion(), origin, proof: proof({ payload: { nonce, htu } }) });
    expectToken(await send(MTLS, `${MTLS}/token`));
    expectRefusal(await send(MTLS, `${ISSUER}/token`), 'invalid_dpop_proof', 'proof_htu');
    expectRefusal(await send(ISSUER, `${MTLS}/token`), 'invalid_dpop_proof', 'proof_htu');
  });

  it('takes the query of the request target for no part of htu, and no foreign target for its own', async () => {
    const nonce = await scene.nonce();
    const send = async (target: string, htu = `${ISSUER}/token`) =>
      scene.send({ assertion: assertion(), target, proof: proof({ payload: { nonce, htu } }) });
    expectToken(await send('/token?a=b'));
    expectToken(await send(`${ISSUER}/token`));
    for (const target of ['//evil.example/token', 'https://evil.example/token', '*', '', 'token']) {
      expect((await send(target)).status).toBe(400);
      expect((await send(target, 'https://evil.example/token')).status).toBe(400);
    }
  });
});

describe('DPOP-5-02 a faulty proof is invalid_dpop_proof with status 400', () => {
  it.each<[string, Forgery, string]>([
    ['no typ', { header: { typ: undefined } }, 'proof_typ'],
    ['typ JWT', { header: { typ: 'JWT' } }, 'proof_typ'],
    ['typ with media type', { header: { typ: 'application/dpop+jwt' } }, 'proof_typ'],
    ['no alg', { header: { alg: undefined } }, 'proof_alg'],
    ['alg none', { header: { alg: 'none' } }, 'proof_alg'],
    ['alg HS256', { header: { alg: 'HS256' } }, 'proof_alg'],
    ['alg RS256', { key: otherKeys.rs256 }, 'proof_alg'],
    ['alg ES384, which FAPI does not list', { key: keys.ES384 }, 'proof_alg'],
    ['no jwk', { header: { jwk: undefined } }, 'proof_jwk'],
    ['a kid for a jwk', { header: { jwk: undefined, kid: 'k' } }, 'proof_jwk'],
    ['alg of another key', { header: { alg: 'PS256' } }, 'proof_jwk'],
    ['the private key', { header: { jwk: proofKey.privateJwk } }, 'proof_jwk_private'],
    ['a shared secret', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }, 'proof_jwk_private'],
    ['C040 the jwk of another key', { header: { jwk: thiefKey.jwk } }, 'proof_signature'],
    ['crit', { header: { crit: ['a'], a: 1 } }, 'proof_malformed'],
    ['no jti', { payload: { jti: undefined } }, 'proof_claims'],
    ['an empty jti', { payload: { jti: '' } }, 'proof_claims'],
    ['no htm', { payload: { htm: undefined } }, 'proof_claims'],
    ['no htu', { payload: { htu: undefined } }, 'proof_claims'],
    ['no iat', { payload: { iat: undefined } }, 'proof_claims'],
    ['iat as a string', { payload: { iat: `${NOW}` } }, 'proof_claims'],
    ['a nonce that is no string', { payload: { nonce: 7 } }, 'proof_claims'],
    ['htm GET', { payload: { htm: 'GET' } }, 'proof_htm'],
    ['DPOP-4.3-08 htm in lower case', { payload: { htm: 'post' } }, 'proof_htm'],
    ['htu of another endpoint', { payload: { htu: `${ISSUER}/par` } }, 'proof_htu'],
    ['htu with a slash more', { payload: { htu: `${ISSUER}/token/` } }, 'proof_htu'],
    ['htu of another host', { payload: { htu: 'https://evil.example/token' } }, 'proof_htu'],
    ['htu of http', { payload: { htu: 'http://issuer.example/token' } }, 'proof_htu'],
    ['an exp that is past', { payload: { exp: NOW - 1 } }, 'proof_expired'],
    ['an nbf that lies ahead', { payload: { nbf: NOW + 62 } }, 'proof_not_yet_valid'],
  ])('C039 C041 %s', async (_name, forgery, code) => refused(forgery, code));

  it('C040 a flipped signature bit', async () => {
    const text = proof({ payload: { nonce: await scene.nonce() } });
    const flipped = text.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    expectRefusal(await withFields(flipped), 'invalid_dpop_proof', 'proof_signature');
  });

  it('DPOP-4.3-01 C039 two fields, or two proofs in one', async () => {
    const nonce = await scene.nonce();
    const [a, b] = [proof({ payload: { nonce } }), proof({ payload: { nonce } })];
    for (const fields of [[a, b], [a, a], [`${a}, ${b}`], [a, ''], [`${a},`]]) {
      expectRefusal(await withFields(...fields), 'invalid_dpop_proof', 'proof_duplicated');
    }
  });

  it.each(['', 'a', 'a.b', 'a.b.c', '..', '{}', `${proof()}=`, ` ${proof()}`, signed('[]', '{}'), 'x'.repeat(9000)])(
    'DPOP-4.3-02 C039 no compact JWS: %#',
    async (text) => expectRefusal(await withFields(text), 'invalid_dpop_proof'),
  );

  it('DPOP-11.5-01 a client assertion or an access token is no proof', async () => {
    const token = expectToken(await scene.prove());
    for (const other of [assertion(), assertion({ header: { jwk: traderKey.jwk } }), token]) {
      expectRefusal(await withFields(other), 'invalid_dpop_proof', 'proof_typ');
    }
  });

  it('DPOP-4.1-02 the name of the field in any letter case', async () => {
    for (const name of ['dpop', 'DPOP', 'dPoP']) {
      const headers = [name, proof({ payload: { nonce: await scene.nonce() } })];
      expectToken(await scene.send({ assertion: assertion(), headers }));
    }
  });
});

describe('what is needed for a binding', () => {
  it('DPOP-5-01 DPOP-5-07 C038 FAPI2-5.3.2.1-04 no proof and no certificate: no token, and no challenge either', async () => {
    // A certificate would have done as well, so it is not the proof that is missing
    expectRefusal(await scene.send({ assertion: assertion() }), 'invalid_request', 'binding_missing');
  });

  it('DPOP-5.2-01 dpop_bound_access_tokens: no token without a proof, even with a certificate', async () => {
    const bound = await createScene({ clients: [{ ...TRADER, dpop_bound_access_tokens: true }] });
    const attempt = { assertion: assertion(), certificate: Buffer.from('a certificate') };
    expectRefusal(await bound.send(attempt), 'invalid_dpop_proof', 'proof_missing');
    expectToken(await bound.prove());
  });
});

describe('DPOP-11.1-01 C042 without nonces iat decides', () => {
  it.each([0, 8, 10, -10, -60])('takes iat %d s from now', async (seconds) => {
    expectToken(await withoutNonces.prove({ payload: { iat: NOW + seconds, nonce: undefined } }));
  });
  it.each([11, 62, 3600, -61, -3600])('refuses iat %d s from now, and says the skew', async (seconds) => {
    const answer = await withoutNonces.prove({ payload: { iat: NOW + seconds, nonce: undefined } });
    expectRefusal(answer, 'invalid_dpop_proof', 'proof_iat');
    expect(answer.refusal).toMatchObject({ skew: seconds });
    expect(answer.headers).not.toHaveProperty('DPoP-Nonce');
  });
  it('N4 with a nonce a wrong clock does not matter', async () => {
    for (const seconds of [3600, -3600]) expectToken(await scene.prove({ payload: { iat: NOW + seconds } }));
  });
});
