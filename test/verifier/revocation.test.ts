import type { IsRevoked } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { makeKey, published } from './forge.ts';
import { ISSUER, Scene } from './scene.ts';

const OTHER = 'https://other.example';

describe('a token that the verifier is told is revoked', () => {
  it('FAPI2-5.3.4-03 is refused from then on, though it was accepted before', async () => {
    const scene = new Scene();
    const token = scene.token({ payload: { jti: 'stolen' } });
    await scene.send({ token });
    scene.verifier.revoke({ issuer: ISSUER, jti: 'stolen', expiresAt: scene.now + 300 });
    const refusal = await scene.refusal({ token });
    expect(refusal).toMatchObject({ code: 'token_revoked', status: 401, error: 'invalid_token' });
    expect(await scene.code({ token })).toBe('token_revoked');
    await scene.send(); // another token of the same client
  });

  it('FAPI2-5.3.4-03 is refused when it was never seen, under its own issuer only', async () => {
    const key = makeKey('ES256', 'issuer-1');
    const jwks = { keys: [published(key)] };
    const issuer = [ISSUER, OTHER].map((name) => ({ issuer: name, jwks }));
    const scene = new Scene({ issuer, jwks: undefined as never }, { issuer: key });
    scene.verifier.revoke({ issuer: ISSUER, jti: 'a', expiresAt: scene.now + 300 });
    scene.verifier.revoke({ issuer: OTHER, jti: 'b', expiresAt: scene.now + 300 });
    for (const [iss, jti] of [
      [ISSUER, 'a'],
      [OTHER, 'b'],
    ] as const) {
      expect(await scene.code({ token: { payload: { iss, jti } } })).toBe('token_revoked');
    }
    await scene.send({ token: { payload: { iss: ISSUER, jti: 'b' } } });
    await scene.send({ token: { payload: { iss: OTHER, jti: 'a' } } });
  });

  it.each([OTHER, `${ISSUER}/`, '', undefined])(
    'an issuer that is not trusted, %j, is a mistake: it would revoke nothing',
    (issuer) => {
      const { verifier, now } = new Scene();
      expect(() => verifier.revoke({ issuer: issuer as string, jti: 'a', expiresAt: now + 300 })).toThrow(TypeError);
    },
  );

  it.each(['', undefined, null, 7])('a jti of %j is a programming mistake, and names no token', (jti) => {
    const { verifier, now } = new Scene();
    expect(() => verifier.revoke({ issuer: ISSUER, jti: jti as string, expiresAt: now + 300 })).toThrow(TypeError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined])('an end of %s is a programming mistake', (expiresAt) => {
    const { verifier } = new Scene();
    expect(() => verifier.revoke({ issuer: ISSUER, jti: 'a', expiresAt: expiresAt as number })).toThrow(TypeError);
  });
});

describe('the option isRevoked', () => {
  it('FAPI2-5.3.4-03 is asked for every request, and what it says counts at once', async () => {
    const asked: unknown[] = [];
    let revoked = false;
    const scene = new Scene({
      isRevoked: ({ issuer, claims }) => {
        asked.push([issuer, claims['jti']]);
        return revoked;
      },
    });
    const token = scene.token({ payload: { jti: 'one' } });
    await scene.send({ token });
    await scene.send({ token });
    revoked = true;
    expect(await scene.code({ token })).toBe('token_revoked');
    revoked = false;
    await scene.send({ token });
    expect(asked).toEqual(Array(4).fill([ISSUER, 'one']));
  });

  it.each<[string, unknown]>([
    ['throws', () => Promise.reject(new Error('no database'))],
    ['throws at once', () => JSON.parse('{')],
    ['never answers', () => new Promise(() => {})],
    ['says undefined', () => undefined],
    ['says 0', () => 0],
    ['says "false"', async () => 'false'],
  ])('DPOP-7.1-04 one that %s refuses the request', async (_what, isRevoked) => {
    const scene = new Scene({ isRevoked: isRevoked as IsRevoked, timeout: 50 });
    const refusal = await scene.refusal();
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, detail: 'revocation' });
    expect(refusal.headers['Retry-After']).toBe('1');
  });

  it('uses up nothing when it refuses', async () => {
    let revoked: unknown = 'unknown';
    const scene = new Scene({ isRevoked: () => revoked as boolean });
    const message = await scene.message();
    expect(await scene.code(message)).toBe('issuer_unavailable');
    revoked = false;
    await scene.verifier.verify(message);
  });
});
