import { describe, expect, it } from 'vitest';
import { breakSignature, makeKey, published } from './forge.ts';
import { ISSUER, Scene } from './scene.ts';

describe('FAPI2-5.3.4-03 C065: a token that was taken before', () => {
  const seen = async (scene = new Scene()) => {
    const token = scene.token({ payload: { jti: 'the-token' } });
    await scene.send({ token });
    return { scene, token, revocation: { issuer: ISSUER, jti: 'the-token', expiresAt: scene.now + 300 } };
  };

  it('is refused when its integrity is gone', async () => {
    const { scene, token } = await seen();
    expect(await scene.code({ token: breakSignature(token) })).toBe('token_signature');
  });

  it('is refused when it has expired', async () => {
    const { scene, token } = await seen();
    scene.wait(300);
    expect(await scene.code({ token })).toBe('token_expired');
  });

  it('is refused from its revocation on, and no other token of its client is', async () => {
    const { scene, token, revocation } = await seen();
    scene.verifier.revoke(revocation);
    expect(await scene.refusal({ token })).toMatchObject({
      code: 'token_revoked',
      status: 401,
      error: 'invalid_token',
    });
    await expect(scene.send()).resolves.toBeDefined();
  });

  it('is not refused by the revocation of a token of that name by another issuer', async () => {
    const key = makeKey('ES256', 'issuer-1');
    const other = { issuer: 'https://other.example', jwks: { keys: [] } };
    const issuer = [{ issuer: ISSUER, jwks: { keys: [published(key)] } }, other];
    const { scene, token, revocation } = await seen(new Scene({ issuer, jwks: undefined as never }, { issuer: key }));
    scene.verifier.revoke({ ...revocation, issuer: other.issuer });
    await expect(scene.send({ token })).resolves.toBeDefined();
  });

  it('is refused as soon as the one who is asked says so', async () => {
    const revoked = new Set<unknown>();
    const { scene, token } = await seen(new Scene({ isRevoked: ({ claims }) => revoked.has(claims['jti']) }));
    revoked.add('the-token');
    expect(await scene.code({ token })).toBe('token_revoked');
    await expect(scene.send()).resolves.toBeDefined();
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    [
      'throws',
      () => {
        throw new Error('no list');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no list'))],
    ['says nothing', () => undefined as never],
    ['never answers', () => new Promise(() => {})],
  ])('is refused with 503 while the one who is asked %s', async (_what, answer) => {
    let ask: () => boolean | Promise<boolean> = () => false;
    const { scene, token } = await seen(new Scene({ isRevoked: () => ask(), timeout: 50 }));
    ask = answer;
    expect(await scene.refusal({ token })).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
  });
});
