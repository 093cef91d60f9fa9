import type { HoldfastError, HttpMessage } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { type Challenge, parseChallenges } from './challenge-parser.ts';
import { breakSignature, makeKey } from './forge.ts';
import { type Attempt, boundTo, Scene } from './scene.ts';

const ALGS = 'ES256 PS256 Ed25519 EdDSA';
const certificate = Buffer.from('der');

function challengesOf(refusal: HoldfastError): Challenge[] {
  return parseChallenges(refusal.headers['WWW-Authenticate'] ?? '');
}

function bare(...headers: string[]): HttpMessage {
  return { method: 'GET', target: '/orders', headers };
}

describe('the parser of these tests', () => {
  it.each([
    '',
    'DPoP,',
    'DPoP algs',
    'DPoP algs=',
    'DPoP a=b, a=b',
    'DPoP a = b',
    ', DPoP',
    'DPoP a="b',
    'a="b"',
    'DPoP a="\u00e9"',
    'DPoP a=b,, c=d',
    'DPoP a=b c=d',
    'DPoP a="b"c',
  ])('refuses %j', (field) => {
    expect(() => parseChallenges(field)).toThrow(SyntaxError);
  });

  it('reads figures 17 to 19 of RFC 9449', () => {
    expect(parseChallenges('Bearer, DPoP algs="ES256 PS256"')).toEqual([
      { scheme: 'Bearer', parameters: {} },
      { scheme: 'DPoP', parameters: { algs: 'ES256 PS256' } },
    ]);
    expect(parseChallenges('Bearer error="invalid_token", error_description="a \\"b\\"", DPoP algs=ES256')).toEqual([
      { scheme: 'Bearer', parameters: { error: 'invalid_token', error_description: 'a "b"' } },
      { scheme: 'DPoP', parameters: { algs: 'ES256' } },
    ]);
  });
});

describe('RFC 9449 §7.1–7.2', () => {
  it('DPOP-7.2-02 C067 names no error when nothing was attempted', async () => {
    const refusal = await new Scene().refusal(bare());
    expect(refusal.status).toBe(401);
    expect(challengesOf(refusal)).toEqual([
      { scheme: 'DPoP', parameters: { algs: ALGS } },
      { scheme: 'Bearer', parameters: {} },
    ]);
  });

  it('DPOP-7.2-02 names no error for a scheme of somebody else', async () => {
    const refusal = await new Scene().refusal(bare('Authorization', 'Basic YTpi'));
    expect(challengesOf(refusal).map(({ parameters }) => parameters)).toEqual([{ algs: ALGS }, {}]);
  });

  it.each<[string, Attempt, string, string]>([
    ['no proof', { proof: null }, 'invalid_dpop_proof', 'proof_missing'],
    ['another method', { proof: { payload: { htm: 'PUT' } } }, 'invalid_dpop_proof', 'proof_htm'],
    ['an old nonce', { proof: { payload: { nonce: 'old' } } }, 'use_dpop_nonce', 'nonce_stale'],
    ['another key', { proof: { key: makeKey() } }, 'invalid_token', 'key_mismatch'],
    ['an expired token', { token: { payload: { exp: 1 } } }, 'invalid_token', 'token_expired'],
  ])('DPOP-7.1-05 DPOP-7.1-06 DPOP-7.1-07 C067 challenges %s by DPoP alone', async (_what, attempt, error, code) => {
    const refusal = await new Scene().refusal(attempt);
    expect(refusal.status).toBe(401);
    const [challenge, ...others] = challengesOf(refusal);
    expect(others).toEqual([]);
    expect(challenge).toEqual({
      scheme: 'DPoP',
      parameters: { error, algs: ALGS, error_description: `${refusal.message} (${code})` },
    });
  });

  it('DPOP-7.2-03 puts the error of a Bearer attempt on Bearer, and still offers DPoP', async () => {
    const scene = new Scene();
    const refusal = await scene.refusal({ scheme: 'Bearer' });
    expect(challengesOf(refusal)).toEqual([
      {
        scheme: 'Bearer',
        parameters: { error: 'invalid_token', error_description: expect.stringContaining('(scheme_mismatch)') },
      },
      { scheme: 'DPoP', parameters: { algs: ALGS } },
    ]);
  });

  it.each([
    ['DPoP first', 'DPoP abc', 'Bearer abc'],
    ['Bearer first', 'Bearer abc', 'DPoP abc'],
  ])(
    'DPOP-7.2-03 figure 19: 400 and the error on both schemes when both were sent, %s',
    async (_what, first, second) => {
      const refusal = await new Scene().refusal(bare('Authorization', first, 'Authorization', second));
      expect(refusal.status).toBe(400);
      expect(challengesOf(refusal).map(({ scheme, parameters }) => [scheme, parameters['error']])).toEqual([
        ['DPoP', 'invalid_request'],
        ['Bearer', 'invalid_request'],
      ]);
    },
  );

  it('DPOP-7.1-07 lists the algorithms that are configured', async () => {
    const refusal = await new Scene({ algorithms: ['ES256', 'ES384'] }).refusal(bare());
    expect(challengesOf(refusal)[0]?.parameters).toEqual({ algs: 'ES256 ES384' });
  });

  it('DPOP-7.1-09 FAPI2-5.3.4-04 C066 names the scopes that are missing', async () => {
    const refusal = await new Scene().refusal({}, { scope: ['orders:read', 'positions:read'] });
    expect(refusal).toMatchObject({ status: 403, error: 'insufficient_scope', code: 'scope_insufficient' });
    expect(challengesOf(refusal)).toEqual([
      {
        scheme: 'DPoP',
        parameters: {
          error: 'insufficient_scope',
          scope: 'orders:read positions:read',
          algs: ALGS,
          error_description: expect.any(String),
        },
      },
    ]);
  });

  it('FAPI2-5.3.4-04 does the same for a certificate-bound token', async () => {
    const attempt = { scheme: 'Bearer', certificate, token: boundTo(certificate) };
    const refusal = await new Scene().refusal(attempt, { scope: ['positions:read'] });
    expect(refusal.status).toBe(403);
    expect(challengesOf(refusal)[0]).toMatchObject({ scheme: 'Bearer', parameters: { scope: 'positions:read' } });
  });

  it.each([
    [['orders:read'], 'orders:read orders:write', 'accepted'],
    [['orders:read', 'orders:write'], 'orders:write orders:read', 'accepted'],
    [[], '', 'accepted'],
    [['orders'], 'orders:read', 'scope_insufficient'],
    [['orders:read'], 'ORDERS:READ', 'scope_insufficient'],
    [['orders:read'], 'orders:reader', 'scope_insufficient'],
    [['orders:read'], 'orders:write', 'scope_insufficient'],
    [['orders:read'], undefined, 'scope_insufficient'],
    [['orders:read'], 'x\torders:read', 'scope_insufficient'],
  ])('FAPI2-5.3.4-04 BCP-2.3-02 needs %j of a token with %j: %s', async (scope, granted, outcome) => {
    const sent = new Scene().send({ token: { payload: { scope: granted } } }, { scope });
    expect(
      await sent.then(
        () => 'accepted',
        (error) => error.code,
      ),
    ).toBe(outcome);
  });

  it('DPOP-7.1-10 never answers with Proxy-Authenticate', async () => {
    const scene = new Scene();
    for (const attempt of [bare(), { proof: null }, { scheme: 'Bearer' }]) {
      expect(Object.keys((await scene.refusal(attempt)).headers)).not.toContain('Proxy-Authenticate');
    }
  });
});

describe('RFC 9449 §8–9 the nonce of a response', () => {
  const attempts: readonly (readonly [string, Attempt])[] = [
    ['a missing nonce', { proof: { payload: { nonce: undefined } } }],
    ['a broken token', { token: breakSignature(new Scene().token()) }],
    ['a missing proof', { proof: null }],
    ['a malformed credential', { token: '=' }],
  ];

  it.each(attempts)(
    'DPOP-8-03 DPOP-8.1-01 DPOP-8.2-02 comes once, well-formed and uncacheable with %s',
    async (_what, attempt) => {
      const { headers } = await new Scene().refusal(attempt);
      expect(Object.keys(headers).filter((name) => /^dpop-nonce$/i.test(name))).toHaveLength(1);
      expect(headers['DPoP-Nonce']).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
      expect(headers['Cache-Control']).toBe('no-store');
    },
  );

  it('does not come where nonces are off, nor with a Bearer attempt', async () => {
    const withoutNonces = await new Scene({ nonce: 'off' }).refusal({ proof: null });
    expect(withoutNonces.headers).not.toHaveProperty('DPoP-Nonce');
    expect((await new Scene().refusal({ scheme: 'Bearer' })).headers).not.toHaveProperty('DPoP-Nonce');
  });

  it.each(['required', 'off'] as const)('makes every refusal uncacheable, nonces %s', async (nonce) => {
    const scene = new Scene({ nonce });
    for (const attempt of [bare(), { proof: null }, { scheme: 'Bearer' }, { target: '/?access_token=a' }]) {
      expect((await scene.refusal(attempt)).headers['Cache-Control']).toBe('no-store');
    }
  });
});
