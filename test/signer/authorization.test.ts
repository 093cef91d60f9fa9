import { createHash } from 'node:crypto';
import { generateKey } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';
import { identities } from './authorities.ts';
import { assertionKey, dpopClient, mtlsClient, proofKey } from './clients.ts';
import { CODE, type GrantScript, grantIssuer, pushed, REDIRECT_URI } from './scripted-grants.ts';
import { granted, nonceChallenge } from './scripted-issuer.ts';
import { type Answer, asksForCertificate } from './tls-server.ts';

const NOW = 1_790_000_000;
const clock = () => NOW * 1000;
const plain = { redirectUri: REDIRECT_URI, scope: 'orders:read' };
const DETAILS = [{ type: 'order_entry', instruments: ['BTC-USD'] }];

/** A client that authorizes at an issuer with this script. */
async function refusal(script: GrantScript, options: object = {}) {
  await using server = await grantIssuer(script);
  const error: unknown = await dpopClient({ issuer: server.issuer, clock })
    .authorize({ ...plain, ...options })
    .catch((thrown: unknown) => thrown);
  return { error, pushes: server.pushes.length, tokenRequests: server.tokenRequests.length };
}

describe('RFC 9126 §2: the pushed request', () => {
  it('C089 FAPI2-5.3.3.2-01 FAPI2-5.3.3.2-02 PAR-2.1-01 PAR-2.1-02 RAR-12-01 holds all that is asked', async () => {
    await using server = await grantIssuer();
    const client = dpopClient({ issuer: server.issuer });
    const resource = 'https://venue.example';
    await client.authorize({ ...plain, resource, authorizationDetails: DETAILS, parameters: { prompt: 'login' } });
    const { form, received, assertion } = server.pushes[0] ?? {};
    expect(Object.fromEntries(form ?? [])).toEqual({
      response_type: 'code',
      client_id: 'trader',
      redirect_uri: REDIRECT_URI,
      scope: 'orders:read',
      resource,
      authorization_details: JSON.stringify(DETAILS),
      prompt: 'login',
      state: expect.any(String),
      code_challenge: expect.any(String),
      code_challenge_method: 'S256',
      dpop_jkt: proofKey.jkt,
      client_assertion: expect.any(String),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(assertion?.payload.aud).toBe(server.issuer);
    expect(received?.method).toBe('POST');
    expect(received?.target).toBe('/par');
  });

  it('C089 FAPI2-5.3.3.2-06 leaves client_id and request_uri to the browser, and nothing else', async () => {
    await using server = await grantIssuer();
    const { url, expiresAt } = await dpopClient({ issuer: server.issuer, clock }).authorize(plain);
    expect(url).toBe(`${server.issuer}/authorize?client_id=trader&request_uri=urn%3Arequest%3A1`);
    expect(expiresAt).toBe(NOW + 60);
  });

  it('C089 keeps the query that the authorization endpoint has by itself', async () => {
    const metadata = (origin: string) => ({ authorization_endpoint: `${origin}/authorize?tenant=7&client_id=other` });
    await using server = await grantIssuer({ metadata });
    const { searchParams } = new URL((await dpopClient({ issuer: server.issuer }).authorize(plain)).url);
    expect([...searchParams]).toEqual([
      ['tenant', '7'],
      ['client_id', 'trader'],
      ['request_uri', 'urn:request:1'],
    ]);
  });

  it('C089 PAR-4-01 PAR-7.5-01 BCP-2.1-03 FAPI2-5.3.3.2-04 is new for each person: state, nonce, challenge, request_uri', async () => {
    await using server = await grantIssuer();
    const client = dpopClient({ issuer: server.issuer });
    const asked = [1, 2, 3].map(() => client.authorize({ ...plain, scope: 'openid' }));
    const urls = (await Promise.all(asked)).map(({ url }) => url);
    expect(new Set(urls).size).toBe(3);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const values = server.pushes.map(({ form }) => form.get(name));
      expect(new Set(values).size).toBe(3);
      expect(values.every((value) => /^[\w-]{22,43}$/.test(value ?? ''))).toBe(true);
    }
  });

  it('FAPI2-5.3.3.2-07 asks for an ID token of this request by a nonce, and only where openid is asked for', async () => {
    await using server = await grantIssuer();
    const client = dpopClient({ issuer: server.issuer });
    await client.authorize({ ...plain, scope: 'orders:read openid' });
    await client.authorize({ ...plain, scope: 'openid-like' });
    const [openid, other] = server.pushes.map(({ form }) => form.get('nonce'));
    expect(openid).toMatch(/^[\w-]{22,64}$/);
    expect(other).toBeNull();
  });

  it('carries a proof, without ath, by the key that dpop_jkt names', async () => {
    await using server = await grantIssuer();
    await dpopClient({ issuer: server.issuer }).authorize(plain);
    expect(server.pushes[0]?.proof?.payload).toMatchObject({ htm: 'POST', htu: `${server.issuer}/par` });
    expect(server.pushes[0]?.proof?.payload).not.toHaveProperty('ath');
  });

  it('FAPI2-5.2.2.1-01 C087 goes to the alias with the certificate, and the browser to the plain endpoint', async () => {
    const metadata = (origin: string) => ({
      pushed_authorization_request_endpoint: 'https://localhost:1/par',
      mtls_endpoint_aliases: {
        pushed_authorization_request_endpoint: `${origin}/par`,
        authorization_endpoint: 'https://localhost:1/authorize',
      },
    });
    await using server = await grantIssuer({ metadata, tls: asksForCertificate });
    const { url } = await mtlsClient({ issuer: server.issuer }).authorize(plain);
    expect(server.pushes[0]?.received.certificate).toEqual(identities.trader.der);
    expect(server.pushes[0]?.proof).toBeUndefined();
    expect(server.pushes[0]?.form.get('dpop_jkt')).toBeNull();
    expect(new URL(url).origin).toBe(server.origin);
  });

  it('C092 answers a nonce challenge once, with a new proof and a new assertion, and uses the nonce for the token', async () => {
    await using server = await grantIssuer({
      push: (_, nth) => (nth === 1 ? nonceChallenge('n-1') : pushed('urn:request:2')),
    });
    const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
    const [first, second, third] = server.pushes;
    expect(third).toBeUndefined();
    expect([first, second].map((push) => push?.proof?.payload['nonce'])).toEqual([undefined, 'n-1']);
    expect(second?.proof?.payload.jti).not.toBe(first?.proof?.payload.jti);
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti);
    expect(second?.form.get('state')).toBe(first?.form.get('state'));
    await request.finish(server.answer());
    expect(server.tokenRequests[0]?.proof?.payload['nonce']).toBe('n-1');
  });

  it('C092 gives up after one retry', async () => {
    const { error, pushes } = await refusal({ push: (_, nth) => nonceChallenge(`n-${nth}`) });
    expect(error).toMatchObject({ code: 'authorization_refused', detail: 'use_dpop_nonce' });
    expect(pushes).toBe(2);
  });

  const answers: [string, Answer, object][] = [
    [
      'an error',
      { status: 400, body: { error: 'invalid_request' } },
      { code: 'authorization_refused', detail: 'invalid_request' },
    ],
    ['200', { ...pushed('urn:request:1'), status: 200 }, { code: 'authorization_refused', detail: 'status 200' }],
    ['no JSON', { status: 201, body: '<html>' }, { code: 'authorization_response' }],
    ['no request_uri', pushed('urn:request:1', { request_uri: undefined }), { detail: 'request_uri' }],
    ['an empty request_uri', pushed(''), { detail: 'request_uri' }],
    ['a request_uri of 3 kB', pushed(`urn:${'x'.repeat(3000)}`), { detail: 'request_uri' }],
    ['no expires_in', pushed('urn:request:1', { expires_in: undefined }), { detail: 'expires_in' }],
    ['expires_in 0', pushed('urn:request:1', { expires_in: 0 }), { detail: 'expires_in' }],
    [
      'an answer without end',
      { status: 201, body: 'x'.repeat(300_000) },
      { code: 'authorization_response', detail: 'too large' },
    ],
  ];
  it.each(answers)('sends no browser anywhere when it is answered by %s', async (_, answer, expected) => {
    expect((await refusal({ push: () => answer })).error).toMatchObject(expected);
  });
});

describe('an issuer that cannot be asked', () => {
  it.each([
    ['takes no pushed requests', { pushed_authorization_request_endpoint: undefined }],
    ['has no front door', { authorization_endpoint: undefined }],
    ['has its front door without TLS', { authorization_endpoint: 'http://localhost/authorize' }],
  ])('C089 %s: nothing is pushed', async (_, members) => {
    const { error, pushes } = await refusal({ metadata: () => members });
    expect(error).toMatchObject({ code: expect.stringMatching(/^(issuer_metadata|url_refused)$/) });
    expect(pushes).toBe(0);
  });

  it.each([undefined, false, 'true'])(
    'ISS-2.4-03 ISS-2.4-05 does not announce that it names itself (%j): nothing is pushed, unless it signs its answer',
    async (announced) => {
      const metadata = () => ({ authorization_response_iss_parameter_supported: announced });
      const { error, pushes } = await refusal({ metadata });
      expect(error).toMatchObject({ code: 'issuer_metadata' });
      expect(pushes).toBe(0);
      expect(await refusal({ metadata }, { responseMode: 'jwt' })).toMatchObject({ pushes: 1 });
    },
  );
});

describe('what a caller cannot choose', () => {
  it.each([
    'client_id',
    'client_assertion',
    'redirect_uri',
    'response_type',
    'response_mode',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'dpop_jkt',
    'request',
    'request_uri',
    'sub',
  ])('PKCE-4.3-01 BCP-2.1.2-01 %s by hand', async (name) => {
    const { error, pushes } = await refusal({}, { parameters: { [name]: 'plain' } });
    expect(error).toBeInstanceOf(TypeError);
    expect(pushes).toBe(0);
  });

  it.each([
    ['redirectUri', 'a path', { redirectUri: '/callback' }],
    ['redirectUri', 'a fragment', { redirectUri: `${REDIRECT_URI}#part` }],
    ['resource', 'a path', { resource: '/orders' }],
    ['resource', 'a fragment', { resource: 'https://venue.example/#part' }],
    ['authorizationDetails', 'no type', { authorizationDetails: [{}] }],
    ['authorizationDetails', 'a type that is no text', { authorizationDetails: [{ type: 7 }] }],
    ['authorizationDetails', 'a list', { authorizationDetails: [[]] }],
  ])('RI-2-01 RAR-2-01 a %s with %s', async (name, _, options) => {
    const { error, pushes } = await refusal({}, options);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(new RegExp(`^${name}: `));
    expect(pushes).toBe(0);
  });

  it('RI-2-01 a resource with a fragment, also for a token of its own', async () => {
    await using server = await grantIssuer();
    const client = dpopClient({ issuer: server.issuer });
    await expect(client.for({ resource: 'https://venue.example/#part' }).token()).rejects.toBeInstanceOf(TypeError);
    expect(server.tokenRequests).toHaveLength(0);
  });
});

describe('RFC 6749 §4.1.3, RFC 7636: the code', () => {
  it('C089 FAPI2-5.3.3.2-03 PKCE-4.1-01 PKCE-4.2-01 PKCE-4.5-01 BCP-2.1.1-01 is redeemed with the verifier of its challenge', async () => {
    await using server = await grantIssuer();
    const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
    await request.finish(server.answer());
    const { form, proof, assertion } = server.tokenRequests[0] ?? {};
    expect(form?.get('grant_type')).toBe('authorization_code');
    expect(form?.get('code')).toBe(CODE);
    expect(form?.get('redirect_uri')).toBe(REDIRECT_URI);
    const verifier = form?.get('code_verifier') ?? '';
    expect(verifier).toMatch(/^[A-Za-z0-9\-._~]{43,128}$/);
    expect(server.pushes[0]?.form.get('code_challenge')).toBe(
      createHash('sha256').update(verifier).digest('base64url'),
    );
    expect(proof?.payload['htu']).toBe(`${server.issuer}/token`);
    expect(assertion?.payload.jti).not.toBe(server.pushes[0]?.assertion?.payload.jti);
  });

  it('is redeemed with the key that pushed, though another one has taken its place', async () => {
    await using server = await grantIssuer({
      token: (_, nth) => granted({ access_token: `token-${nth}`, refresh_token: 'refresh-1' }),
    });
    const client = dpopClient({ issuer: server.issuer });
    const request = await client.authorize(plain);
    const key = await generateKey();
    const auth = { method: 'private_key_jwt', key: await generateKey(), kid: 'second' } as const;
    await client.replace({ binding: { method: 'dpop', key }, auth });
    const session = await request.finish(server.answer());
    const [redeemed] = server.tokenRequests;
    expect(redeemed?.proof?.header.jwk).toEqual(proofKey.publicJwk);
    expect(redeemed?.assertion?.header.kid).toBe('second');
    // What it gave is bound to the key before, so that the session goes on with a token of the new one
    expect((await session.token()).accessToken).toBe('token-2');
    expect(server.tokenRequests[1]?.form.get('refresh_token')).toBe('refresh-1');
    expect(server.tokenRequests[1]?.proof?.header.jwk).toEqual(key.publicJwk);
  });

  it('C093 makes a session of a token that is bound, and of no other', async () => {
    await using server = await grantIssuer({ token: () => granted({ token_type: 'Bearer' }) });
    const request = await dpopClient({
      issuer: server.issuer,
      auth: { method: 'private_key_jwt', key: assertionKey },
    }).authorize(plain);
    await expect(request.finish(server.answer())).rejects.toMatchObject({ code: 'token_type_mismatch' });
  });
});
