import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import {
  type Claims,
  CODE,
  type GrantIssuer,
  grantIssuer,
  jwks,
  REDIRECT_URI,
  type Signing,
} from './scripted-grants.ts';

const NOW = 1_790_000_000;
const clock = () => NOW * 1000;
const { publicKey: rsaPublic, privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey: stranger } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Told {
  /** Changes the claims of a sound response. */
  readonly claims?: (sound: Claims) => Claims;
  readonly signing?: Signing;
  readonly jwks?: () => { body: object };
  /** Changes the callback, given the signed response. */
  readonly callback?: (response: string, server: GrantIssuer) => string;
}

async function finished({ claims = (sound) => sound, signing, callback, jwks: keys }: Told) {
  await using server = await grantIssuer(keys === undefined ? {} : { jwks: keys });
  const client = dpopClient({ issuer: server.issuer, clock });
  const request = await client.authorize({ redirectUri: REDIRECT_URI, responseMode: 'jwt' });
  const state = server.pushes[0]?.form.get('state') ?? undefined;
  const sound = { iss: server.issuer, aud: 'trader', exp: NOW + 60, code: CODE, state };
  const response = await server.sign(claims(sound), signing);
  const url = callback?.(response, server) ?? `${REDIRECT_URI}?response=${response}`;
  const outcome: unknown = await request.finish(url).catch((thrown: unknown) => thrown);
  return {
    outcome,
    tokenRequests: server.tokenRequests.map(({ form }) => form.get('code')),
    form: server.pushes[0]?.form,
  };
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('JARM §2.4: a signed answer', () => {
  it('C098 FAPIMS-5.4.2-01 is asked for, and its code is redeemed', async () => {
    const { outcome, tokenRequests, form } = await finished({});
    expect(outcome).toHaveProperty('fetch');
    expect(tokenRequests).toEqual([CODE]);
    expect(form?.get('response_mode')).toBe('jwt');
  });

  it.each<[string, Told]>([
    ['an aud that is a list of the client alone', { claims: (sound) => ({ ...sound, aud: ['trader'] }) }],
    ['claims that nobody knows', { claims: (sound) => ({ ...sound, extra: { a: 1 } }) }],
    [
      'the same iss beside it',
      { callback: (response, { issuer }) => `${REDIRECT_URI}?response=${response}&iss=${issuer}` },
    ],
    [
      'another code beside it, which is not the one',
      { callback: (response) => `${REDIRECT_URI}?response=${response}&code=injected` },
    ],
  ])('C098 is taken with %s', async (_, told) => {
    const { outcome, tokenRequests } = await finished(told);
    expect(outcome).toHaveProperty('fetch');
    expect(tokenRequests).toEqual([CODE]);
  });

  const wrong: [string, string, Told][] = [
    ['iss of another', 'response, iss', { claims: (sound) => ({ ...sound, iss: 'https://evil.example' }) }],
    ['no iss', 'response, iss', { claims: (sound) => ({ ...sound, iss: undefined }) }],
    ['aud of another', 'response, aud', { claims: (sound) => ({ ...sound, aud: 'rival' }) }],
    ['no aud', 'response, aud', { claims: (sound) => ({ ...sound, aud: undefined }) }],
    ['an aud more', 'response, aud', { claims: (sound) => ({ ...sound, aud: ['trader', 'rival'] }) }],
    ['exp that is past', 'response, exp', { claims: (sound) => ({ ...sound, exp: NOW - 11 }) }],
    ['no exp', 'response, exp', { claims: (sound) => ({ ...sound, exp: undefined }) }],
    ['a false signature', 'response, signature', { signing: { key: stranger } }],
    ['a kid that is unknown', 'response, key', { signing: { header: { kid: 'issuer-2' } } }],
    [
      'RS256',
      'response, alg',
      {
        signing: { header: { alg: 'RS256', kid: 'rsa' }, key: rsa },
        jwks: () => ({ body: { keys: [{ ...rsaPublic.export({ format: 'jwk' }), kid: 'rsa' }] } }),
      },
    ],
    ['no keys', 'jwks_uri', { jwks: () => ({ body: [] }) }],
    [
      'alg none',
      'response, alg',
      {
        callback: (response) => `${REDIRECT_URI}?response=${part({ alg: 'none' })}.${response.split('.')[1]}.`,
      },
    ],
    [
      'another payload than was signed',
      'response, signature',
      {
        callback: (response, { issuer }) => {
          const [header, , signature] = response.split('.');
          const payload = part({ iss: issuer, aud: 'trader', exp: NOW + 60, code: 'injected', state: 'x' });
          return `${REDIRECT_URI}?response=${header}.${payload}.${signature}`;
        },
      },
    ],
    ['no JWT', 'response, not a JWT', { callback: () => `${REDIRECT_URI}?response=SECRET` }],
    [
      'two responses',
      'a repeated parameter',
      { callback: (response) => `${REDIRECT_URI}?response=${response}&response=${response}` },
    ],
    [
      'ISS-4-02 another iss beside it',
      'iss',
      { callback: (response) => `${REDIRECT_URI}?response=${response}&iss=https://evil.example` },
    ],
    ['a plain answer, which anybody could have written', 'response', { callback: (_, server) => server.answer().href }],
    ['another state', 'state', { claims: (sound) => ({ ...sound, state: 'x'.repeat(22) }) }],
    ['no state', 'state', { claims: (sound) => ({ ...sound, state: undefined }) }],
    [
      'the state beside it',
      'state',
      {
        claims: (sound) => ({ ...sound, state: undefined }),
        callback: (response, server) => `${server.answer({ code: undefined })}&response=${response}`,
      },
    ],
    ['a state that is a list', 'state', { claims: (sound) => ({ ...sound, state: [sound['state']] }) }],
    ['no code', 'code', { claims: (sound) => ({ ...sound, code: undefined }) }],
    ['a code that is a number', 'code', { claims: (sound) => ({ ...sound, code: 7 }) }],
    [
      'a code beside it',
      'code',
      {
        claims: (sound) => ({ ...sound, code: undefined }),
        callback: (response, server) => `${server.answer({ state: undefined })}&response=${response}`,
      },
    ],
  ];
  it.each(wrong)('C098 %s: stops, and asks for no token', async (_, detail, told) => {
    const { outcome, tokenRequests } = await finished(told);
    expect(outcome).toMatchObject({
      code: detail === 'jwks_uri' ? 'issuer_metadata' : 'authorization_response',
      detail,
    });
    expect(inspect(outcome, { depth: 10, showHidden: true })).not.toMatch(/SECRET|eyJ|SplxlOB/);
    expect(tokenRequests).toEqual([]);
  });

  it('C098 is an error only if it is signed', async () => {
    const signed = await finished({ claims: (sound) => ({ ...sound, code: undefined, error: 'access_denied' }) });
    expect(signed.outcome).toMatchObject({ code: 'authorization_refused', detail: 'access_denied' });
    const plain = await finished({
      callback: (_, server) => server.answer({ code: undefined, error: 'access_denied' }).href,
    });
    expect(plain.outcome).toMatchObject({ code: 'authorization_response', detail: 'response' });
  });

  it('C090 C098 is redeemed once, though it is brought twice at once', async () => {
    await using server = await grantIssuer({ jwks: () => ({ body: jwks }) });
    const request = await dpopClient({ issuer: server.issuer, clock }).authorize({
      redirectUri: REDIRECT_URI,
      responseMode: 'jwt',
    });
    const state = server.pushes[0]?.form.get('state') ?? undefined;
    const response = await server.sign({ iss: server.issuer, aud: 'trader', exp: NOW + 60, code: CODE, state });
    const finish = () => request.finish(`${REDIRECT_URI}?response=${response}`);
    const results = await Promise.allSettled([finish(), finish()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(server.tokenRequests).toHaveLength(1);
  });
});
