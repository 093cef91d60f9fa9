import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { claims, ISSUER, proofKey, thiefKey } from './forge.ts';
import { createPeople, DESK, type Sent } from './people.ts';
import { expectRefusal, expectToken } from './scene.ts';

const people = await createPeople();
const [own, foreign] = [await calculateJwkThumbprint(proofKey.jwk), await calculateJwkThumbprint(thiefKey.jwk)];

/** What makes a pushed request bind its code to `proofKey`. */
const SHAPES: [string, { jkt?: string; sent: Sent }][] = [
  ['DPOP-10-01 by dpop_jkt alone', { jkt: own, sent: { proof: 'none' } }],
  ['DPOP-10.1-03 by the proof of the pushed request alone', { sent: {} }],
  ['DPOP-10.1-01 by both, which agree', { jkt: own, sent: {} }],
];

describe('FAPI2-5.3.2.1-12 RFC 9449 §10 a code that is bound to a key', () => {
  it.each(SHAPES)('C046 %s: redeemed with that key', async (_name, { jkt, sent }) => {
    const answer = await people.redeem(await people.code({ dpop_jkt: jkt }, sent));
    expect(claims(expectToken(answer))['cnf']).toEqual({ jkt: own });
  });

  it.each(SHAPES)('C047 %s: not with another key', async (_name, { jkt, sent }) => {
    const code = await people.code({ dpop_jkt: jkt }, sent);
    const stolen = await people.redeem(code, {}, { proof: { key: thiefKey } });
    expectRefusal(stolen, 'invalid_grant', 'code_key_mismatch');
    expectToken(await people.redeem(code));
  });

  it.each(SHAPES)('C047 %s: not without a proof', async (_name, { jkt, sent }) => {
    const code = await people.code({ dpop_jkt: jkt }, sent);
    expectRefusal(await people.redeem(code, {}, { proof: 'none' }), 'invalid_dpop_proof', 'proof_missing');
  });

  it.each(SHAPES)('C047 %s: not by a certificate instead', async (_name, { jkt, sent }) => {
    const free = await createPeople({ clients: [{ ...DESK, dpop_bound_access_tokens: false }] });
    const code = await free.code({ dpop_jkt: jkt }, sent);
    const request = { certificate: Buffer.from('a certificate') };
    const answer = await free.redeem(code, {}, { proof: 'none', request });
    expectRefusal(answer, 'invalid_dpop_proof', 'proof_missing');
  });

  it('a code that is bound to no key is redeemed with any', async () => {
    const code = await people.code({}, { proof: 'none' });
    expectToken(await people.redeem(code, {}, { proof: { key: thiefKey } }));
  });

  it.each(['ES256', 'PS256', 'Ed25519'] as const)('DPOP-10-01 C046 %s: by the thumbprint of RFC 7638', async (alg) => {
    const key = keys[alg];
    const jkt = await calculateJwkThumbprint(key.jwk);
    const code = await people.code({ dpop_jkt: jkt }, { proof: { key } });
    expect(claims(expectToken(await people.redeem(code, {}, { proof: { key } })))['cnf']).toEqual({ jkt });
  });
});

describe('DPOP-10.1-04 a dpop_jkt that is not the key of the proof', () => {
  it('C047 is refused when the request is pushed', async () => {
    expectRefusal(await people.push({ dpop_jkt: foreign }), 'invalid_dpop_proof', 'dpop_jkt_mismatch');
    const other = await people.push({ dpop_jkt: own }, { proof: { key: thiefKey } });
    expectRefusal(other, 'invalid_dpop_proof', 'dpop_jkt_mismatch');
  });

  it.each(['', 'a', 'A'.repeat(42), 'A'.repeat(44), `${own}=`, `${own} `, own.toUpperCase()])(
    'C047 %j: never taken for it',
    async (jkt) => {
      const { status, body } = await people.push({ dpop_jkt: jkt });
      // RFC 6749 §3.1: an empty parameter is none
      expect(status).toBe(jkt === '' ? 201 : 400);
      if (jkt !== '') expect(body).not.toHaveProperty('request_uri');
    },
  );
});

describe('DPOP-10.1-02 the proof of a pushed request is checked in full', () => {
  it.each<[string, NonNullable<Sent['proof']>, string, string]>([
    ['for the token endpoint', { payload: { htu: `${ISSUER}/token` } }, 'invalid_dpop_proof', 'proof_htu'],
    ['for the authorization endpoint', { payload: { htu: `${ISSUER}/authorize` } }, 'invalid_dpop_proof', 'proof_htu'],
    ['for another method', { payload: { htm: 'GET' } }, 'invalid_dpop_proof', 'proof_htm'],
    ['without jti', { payload: { jti: undefined } }, 'invalid_dpop_proof', 'proof_claims'],
    ['with another typ', { header: { typ: 'JWT' } }, 'invalid_dpop_proof', 'proof_typ'],
    ['without a key', { header: { jwk: undefined } }, 'invalid_dpop_proof', 'proof_jwk'],
    ['with a private key', { header: { jwk: proofKey.privateJwk } }, 'invalid_dpop_proof', 'proof_jwk_private'],
    ['by another key than it says', { header: { jwk: thiefKey.jwk } }, 'invalid_dpop_proof', 'proof_signature'],
    ['without a nonce', { payload: { nonce: undefined } }, 'use_dpop_nonce', 'nonce_missing'],
    ['with a nonce that was never given', { payload: { nonce: 'a' } }, 'use_dpop_nonce', 'nonce_stale'],
    ['that is none', 'a.b.c', 'invalid_dpop_proof', 'proof_malformed'],
  ])('C041 one %s: refused', async (_name, proof, error, code) => {
    expectRefusal(await people.push({}, { proof }), error, code);
  });

  it('DPOP-4.3-01 two of them: refused', async () => {
    expectRefusal(await people.push({}, { headers: ['DPoP', 'a.b.c'] }), 'invalid_dpop_proof', 'proof_duplicated');
  });

  it('C043 one that was used before: refused', async () => {
    const payload = { jti: 'once', nonce: await people.nonce() };
    expect((await people.push({}, { proof: { payload } })).status).toBe(201);
    expectRefusal(await people.push({}, { proof: { payload } }), 'invalid_dpop_proof', 'proof_replayed');
  });
});
