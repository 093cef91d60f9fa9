import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { type Members, makeKey, published } from './forge.ts';
import { ACCEPTED, expectVerdicts, NO_KEY } from './odd-keys.ts';
import { outcomeOf } from './rewritten.ts';
import { Scene } from './scene.ts';

describe('RFC 7517', () => {
  it('JOSE-7517-4-01: of two members of a key the last one counts, for its thumbprint too', async () => {
    const scene = new Scene();
    const other = makeKey().publicJwk['x'];
    const twice = (order: (own: string) => string) => (text: string) =>
      text.replace(/"x":("[^"]+")/, (_member, own: string) => order(own));
    const outcome = (order: (own: string) => string) => outcomeOf(scene, 'proof', { header: twice(order) });
    expect(await outcome((own) => `"x":"${other}","x":${own}`)).toBe('accepted');
    expect(await outcome((own) => `"x":${own},"x":"${other}"`)).toBe('key_mismatch');
    expect(await outcome((own) => `"x":${own},"x":null`)).toBe('proof_jwk');
  });

  it.each<[Members, readonly [string, string]]>([
    [{ use: 'sig' }, ACCEPTED],
    [{ key_ops: ['verify'] }, ACCEPTED],
    [{ use: 'sig', key_ops: ['verify'] }, ACCEPTED],
    [{ use: 'enc' }, NO_KEY],
    [{ use: 'SIG' }, NO_KEY],
    [{ key_ops: ['sign'] }, NO_KEY],
    [{ key_ops: ['encrypt', 'wrapKey'] }, NO_KEY],
    [{ key_ops: [] }, NO_KEY],
    [{ use: 'sig', key_ops: ['deriveKey'] }, NO_KEY],
    [{ use: 'enc', key_ops: ['verify'] }, NO_KEY],
  ])('JOSE-7517-4.2-01: a key that says %j', async (members, verdicts) => {
    await expectVerdicts(verdicts, keys.ES256, { ...keys.ES256.jwk, ...members });
  });

  it.each<[string, Members, readonly [string, string]]>([
    ['PS256 for PS256', { alg: 'PS256' }, ACCEPTED],
    ['PS256 for PS384', { alg: 'PS384' }, NO_KEY],
    ['PS256 for RS256', { alg: 'RS256' }, NO_KEY],
    ['PS256 for encryption', { alg: 'RSA-OAEP-256' }, NO_KEY],
    ['PS256 for what is no name', { alg: null }, NO_KEY],
  ])('JOSE-8725-3.1-01: a key is used with the one algorithm that it names: %s', async (_what, members, verdicts) => {
    await expectVerdicts(verdicts, keys.PS256, { ...keys.PS256.jwk, ...members });
  });

  it('JOSE-8725-3.1-01: takes no algorithm but those that its caller allows', async () => {
    const issuer = makeKey('PS256', 'issuer-1');
    const strict = { algorithms: ['PS256'] } as const;
    await expect(new Scene(strict, { issuer, client: makeKey('PS256') }).send()).resolves.toBeDefined();
    expect(await new Scene(strict, { issuer, client: makeKey('ES256') }).code()).toBe('proof_alg');
    const both = new Scene({ ...strict, jwks: { keys: [published(issuer), published(makeKey('ES256', 'issuer-2'))] } });
    expect(await both.code({ proof: { key: makeKey('PS256') }, token: { key: makeKey('ES256', 'issuer-2') } })).toBe(
      'token_alg',
    );
  });
});
