import { describe, expect, it } from 'vitest';
import { base64url, breakSignature } from './forge.ts';
import { Scene } from './scene.ts';

describe('DPOP-4.3-01 one DPoP field', () => {
  it.each(['DPoP', 'dpop', 'DPOP'])('C071 refuses a second one named %s', async (name) => {
    const scene = new Scene();
    const token = scene.token();
    const [first, second] = await Promise.all([scene.proof(token), scene.proof(token)]);
    for (const value of [second, first, '', 'garbage']) {
      const refusal = await scene.refusal({ token, proof: first, fields: [name, value] });
      expect(refusal).toMatchObject({ code: 'proof_duplicated', status: 401, error: 'invalid_dpop_proof' });
    }
  });

  it.each([', ', ',', ' , '])('C071 refuses two proofs that a hop joined with %j', async (comma) => {
    const scene = new Scene();
    const token = scene.token();
    const [first, second] = await Promise.all([scene.proof(token), scene.proof(token)]);
    expect(await scene.code({ token, proof: `${first}${comma}${second}` })).toBe('proof_duplicated');
    expect(await scene.code({ token, proof: `${first}${comma}` })).toBe('proof_duplicated');
  });
});

describe('DPOP-4.3-02 one well-formed JWT', () => {
  const spoilt: Readonly<Record<string, (proof: string) => string>> = {
    'an empty field': () => '',
    'two segments': (proof) => proof.split('.').slice(0, 2).join('.'),
    'four segments': (proof) => `${proof}.`,
    'an encrypted token': (proof) => `${proof}.AAAA.AAAA`,
    'a trailing space': (proof) => `${proof} `,
    'a leading space': (proof) => ` ${proof}`,
    'a tab': (proof) => proof.replace('.', '.\t'),
    padding: (proof) => `${proof}=`,
    NUL: (proof) => `${proof}\0`,
    quotes: (proof) => `"${proof}"`,
    'a scheme': (proof) => `DPoP ${proof}`,
    'the JSON serialization': (proof) => {
      const [header, payload, signature] = proof.split('.');
      return JSON.stringify({ protected: header, payload, signature }).replaceAll(',', ' ');
    },
    'a header that is a string': (proof) => proof.replace(/^[^.]+/, base64url('"x"')),
    'a payload that is an array': (proof) => proof.replace(/\.[^.]+\./, `.${base64url('[]')}.`),
    'no signature': (proof) => proof.replace(/[^.]+$/, ''),
  };

  it.each(Object.entries(spoilt))('C072 refuses %s', async (_what, spoil) => {
    const scene = new Scene();
    const token = scene.token();
    const refusal = await scene.refusal({ token, proof: spoil(await scene.proof(token)) });
    expect(refusal).toMatchObject({ status: 401, error: 'invalid_dpop_proof' });
    expect(['proof_malformed', 'proof_signature']).toContain(refusal.code);
  });

  it('C072 refuses one that is over-long, before it looks into it', async () => {
    const scene = new Scene();
    expect(await scene.code({ proof: { payload: { more: 'x'.repeat(8192) } } })).toBe('proof_too_large');
    expect(await scene.code({ proof: 'a'.repeat(1 << 20) })).toBe('proof_too_large');
  });
});

describe('C073 C074 members of the proof', () => {
  it.each([
    ['header', 'typ', 'proof_typ'],
    ['header', 'alg', 'proof_alg'],
    ['header', 'jwk', 'proof_jwk'],
    ['payload', 'jti', 'proof_claims'],
    ['payload', 'htm', 'proof_claims'],
    ['payload', 'htu', 'proof_claims'],
    ['payload', 'iat', 'proof_claims'],
    ['payload', 'ath', 'proof_claims'],
  ])('DPOP-4.3-03 refuses a %s without %s', async (part, member, code) => {
    expect(await new Scene().code({ proof: { [part]: { [member]: undefined } } })).toBe(code);
  });

  it.each([
    ['header', 'jwk', {}, 'proof_jwk'],
    ['header', 'jwk', 'a key', 'proof_jwk'],
    ['payload', 'jti', '', 'proof_claims'],
    ['payload', 'jti', 7, 'proof_claims'],
    ['payload', 'htm', ['GET'], 'proof_claims'],
    ['payload', 'htu', {}, 'proof_claims'],
    ['payload', 'iat', 'now', 'proof_claims'],
  ])('DPOP-4.3-03 refuses %s %s = %j', async (part, member, value, code) => {
    expect(await new Scene().code({ proof: { [part]: { [member]: value } } })).toBe(code);
  });

  it.each(['JWT', 'at+jwt', 'DPOP+JWT', 'application/dpop+jwt', 'dpop+jwt ', 'dpop', '', null, ['dpop+jwt']])(
    'DPOP-4.3-04 JOSE-8725-3.11-01 refuses typ %j',
    async (typ) => {
      expect(await new Scene().code({ proof: { header: { typ } } })).toBe('proof_typ');
    },
  );

  it.each(['none', 'NONE', 'HS256', 'HS512', 'RS256', 'RS512', 'ES384', 'ES256K', 'es256', '', null, ['ES256']])(
    'DPOP-4.3-05 DPOP-11.6-01 refuses alg %j',
    async (alg) => {
      expect(await new Scene().code({ proof: { header: { alg } } })).toBe('proof_alg');
    },
  );

  it('DPOP-4.3-06 C075 refuses a broken signature', async () => {
    const scene = new Scene();
    const token = scene.token();
    expect(await scene.code({ token, proof: breakSignature(await scene.proof(token)) })).toBe('proof_signature');
  });

  it('C082 takes a correct proof after all of that', async () => {
    const scene = new Scene();
    for (const proof of ['', 'a.b.c', null]) await scene.refusal({ proof });
    await expect(scene.send()).resolves.toBeDefined();
  });
});
