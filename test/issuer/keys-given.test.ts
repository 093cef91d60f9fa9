import { inspect } from 'node:util';
import { givenKeys, signJwt } from '@holdfast/issuer';
import { compactVerify, createLocalJWKSet } from 'jose';
import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { ecKey } from './forge.ts';

const jwk = (alg: 'ES256' | 'PS256' | 'Ed25519' | 'EdDSA', kid: string) => ({ ...keys[alg].privateJwk, alg, kid });
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

describe('givenKeys', () => {
  const ring = givenKeys([
    jwk('ES256', 'a'),
    jwk('PS256', 'b'),
    jwk('EdDSA', 'c'),
    { ...ecKey().privateJwk, kid: 'd' },
  ]);

  it('signs by the first key, or the first for an algorithm, by either name of it', () => {
    const by = (...args: Parameters<typeof ring.current>) => [ring.current(...args).kid, ring.current(...args).alg];
    expect(by()).toEqual(['a', 'ES256']);
    expect(by('ES256')).toEqual(['a', 'ES256']);
    expect(by('PS256')).toEqual(['b', 'PS256']);
    expect(by('EdDSA')).toEqual(['c', 'EdDSA']);
    expect(by('Ed25519')).toEqual(['c', 'EdDSA']);
    expect(() => ring.current('ES384')).toThrow(expect.objectContaining({ code: 'internal' }));
    expect(() => givenKeys([])).toThrow(TypeError);
  });

  it('FAPI2-5.4.2-03 C006 publishes each key with a kid of its own, alg and use, and nothing private', () => {
    const published = ring.jwks().keys as Record<string, unknown>[];
    expect(published.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
      ['a', 'ES256', 'sig'],
      ['b', 'PS256', 'sig'],
      ['c', 'EdDSA', 'sig'],
      ['d', 'ES256', 'sig'],
    ]);
    expect(published.flatMap((key) => Object.keys(key)).filter((member) => PRIVATE.includes(member))).toEqual([]);
    expect(() => givenKeys([jwk('ES256', 'a'), jwk('PS256', 'a')])).toThrow('kid');
  });

  it('keeps what is private to itself', () => {
    const text =
      inspect([ring, ring.current()], { depth: null, showHidden: true }) + JSON.stringify([ring, ring.current()]);
    expect(text).toContain('a');
    for (const alg of ['ES256', 'PS256', 'EdDSA'] as const) expect(text).not.toContain(keys[alg].privateJwk['d']);
  });
});

describe('signJwt', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('FAPI2-5.4.1-02 %s, as jose verifies it', async (alg) => {
    const ring = givenKeys([jwk(alg, 'the kid')]);
    const token = signJwt(ring.current(), { typ: 'at+jwt', alg: 'none', kid: 'another' }, { sub: 'träder' });
    expect(typeof token).toBe('string'); // no promise where none is needed
    const set = createLocalJWKSet({ keys: ring.jwks().keys.map((key) => ({ kty: '', ...key })) });
    const { payload, protectedHeader } = await compactVerify(await token, set);
    expect(protectedHeader).toEqual({ typ: 'at+jwt', alg, kid: 'the kid' });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({ sub: 'träder' });
  });
});
