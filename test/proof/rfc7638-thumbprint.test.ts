import { type Algorithm, readProof, readPublicJwk, thumbprint } from '@holdfast/proof';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { forge, keys, type Members, otherKeys, signed, texts } from './forge.ts';
import { ALL, judge } from './judge.ts';

const algorithms = Object.keys(keys) as Algorithm[];
const jktOf = (jwk: Members, alg: Algorithm): string => thumbprint(readPublicJwk(jwk, alg));

describe.each(algorithms)('the thumbprint of a key for %s', (alg) => {
  const { jwk, privateJwk } = keys[alg];

  it('JKT-3-01 JKT-3.4-01 JKT-8037-2-01 is what jose calculates with SHA-256', async () => {
    expect(jktOf(jwk, alg)).toBe(await calculateJwkThumbprint(jwk as JWK, 'sha256'));
  });

  it('JKT-3.2-01 does not depend on other members', () => {
    const described = { ...jwk, kid: 'k', use: 'sig', alg, key_ops: ['verify'], x5c: ['AA'], ext: true };
    expect(jktOf(described, alg)).toBe(jktOf(jwk, alg));
  });

  it('JKT-3-01 does not depend on the order of members', () => {
    expect(jktOf(Object.fromEntries(Object.entries(jwk).reverse()), alg)).toBe(jktOf(jwk, alg));
  });

  it('JKT-3.2.1-01 is that of the private key too', async () => {
    expect(await calculateJwkThumbprint(privateJwk as JWK, 'sha256')).toBe(jktOf(jwk, alg));
  });

  it('DPOP-6.1-01 is what a proof is known by', () => {
    expect(judge(forge({ key: keys[alg] })).jkt).toBe(jktOf(jwk, alg));
  });
});

describe('one key, one thumbprint', () => {
  it('JKT-3.3-01 also with escapes in the JSON of the proof', () => {
    const { header, payload } = texts();
    const escapeJson = (text: string): string => `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const x = String(keys.ES256.jwk['x']);
    const escaped = header.replace(x, [...x].map(escapeJson).join('')).replace('"kty"', '"\\u006bty"');
    expect(escaped).not.toBe(header);
    expect(judge(signed(escaped, payload)).jkt).toBe(judge(forge()).jkt);
  });

  it('JKT-8037-2-01 under both names of Ed25519', () => {
    expect(judge(forge({ key: keys.EdDSA })).jkt).toBe(judge(forge({ key: keys.Ed25519 })).jkt);
  });

  it('JKT-3.4-01 of 256 bits, in base64url without padding', () => {
    for (const alg of algorithms) expect(jktOf(keys[alg].jwk, alg)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('and another for every other key', () => {
    const jkts = algorithms.map((alg) => jktOf(keys[alg].jwk, alg));
    expect(new Set(jkts).size).toBe(algorithms.length - 2); // EdDSA and Ed25519 share a key, PS256 and PS384 too
    const { x, y } = keys.ES256.jwk;
    expect(thumbprint({ kty: 'EC', crv: 'P-256', x: String(y), y: String(x) })).not.toBe(jkts[0]);
  });

  it('JKT-7-01 read only from the one key that the header shows', () => {
    const other = otherKeys.pssWithoutSalt.jwk;
    const proof = forge({ header: { kid: jktOf(other, 'PS256') }, payload: { jwk: other, cnf: { jwk: other } } });
    expect(readProof(proof, ALL).jkt).toBe(jktOf(keys.ES256.jwk, 'ES256'));
    expect(readProof(proof, ALL).sender.jwk).toEqual(keys.ES256.jwk);
  });
});
