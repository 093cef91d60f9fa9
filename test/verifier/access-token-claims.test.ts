import { describe, expect, it } from 'vitest';
import { breakSignature, forge, forgeText, makeKey, sha256 } from './forge.ts';
import { AUDIENCE, ISSUER, Scene } from './scene.ts';

describe('RFC 9068 §2.2 claims', () => {
  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    'AT-2.2-01 JIR-8.1-02 refuses a token without %s',
    async (claim) => {
      const refusal = await new Scene().refusal({ token: { payload: { [claim]: undefined } } });
      expect(refusal).toMatchObject({ status: 401, error: 'invalid_token' });
    },
  );

  it.each([
    ['sub', 7],
    ['sub', ''],
    ['client_id', ['client-1']],
    ['client_id', ''],
    ['jti', {}],
    ['iat', '1790000000'],
    ['exp', '1990000000'],
    ['exp', null],
    ['exp', [1_990_000_000]],
    ['nbf', 'now'],
    ['scope', ['orders:read']],
    ['scope', null],
    ['aud', 5],
    ['aud', null],
    ['aud', { 0: AUDIENCE }],
  ])('AT-2.2-01 refuses %s = %j', async (claim, value) => {
    expect(await new Scene().code({ token: { payload: { [claim]: value } } })).toBe('token_claims');
  });

  it.each(['1e400', '-1e400'])('refuses exp = %s, which JSON.parse makes infinite', async (exp) => {
    const scene = new Scene();
    const [, payload = ''] = scene.token({ payload: { exp: 1 } }).split('.');
    const text = Buffer.from(payload, 'base64url').toString().replace('"exp":1', `"exp":${exp}`);
    const header = JSON.stringify({ typ: 'at+jwt', alg: 'ES256', kid: 'issuer-1' });
    expect(await scene.code({ token: forgeText(scene.issuerKey, header, text) })).toBe('token_claims');
  });
});

describe('RFC 9068 §4 typ', () => {
  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/AT+jwt'])('AT-4-02 takes typ %s', async (typ) => {
    await expect(new Scene().send({ token: { header: { typ } } })).resolves.toMatchObject({ clientId: 'client-1' });
  });

  it.each([
    'JWT',
    undefined,
    '',
    'dpop+jwt',
    'logout+jwt',
    'at+jwt ',
    'x/at+jwt',
    'application/application/at+jwt',
    null,
    1,
    ['at+jwt'],
  ])('AT-4-02 refuses typ %j', async (typ) => {
    expect(await new Scene().code({ token: { header: { typ } } })).toBe('token_typ');
  });

  it.each(['token-introspection+jwt', 'application/token-introspection+jwt'])(
    'JIR-8.1-01 refuses an introspection response of the issuer as a token: %s',
    async (typ) => {
      expect(await new Scene().code({ token: { header: { typ } } })).toBe('token_typ');
    },
  );

  it('JOSE-8725-3.12-01 refuses a DPoP proof as a token', async () => {
    const scene = new Scene();
    expect(await scene.code({ token: await scene.proof('x') })).toBe('token_typ');
  });
});

describe('RFC 9068 §4 iss and aud', () => {
  it.each([`${ISSUER}/`, 'https://ISSUER.example', 'http://issuer.example', `${ISSUER}:443`, '', [ISSUER], null])(
    'AT-4-03 refuses iss %j',
    async (iss) => {
      expect(await new Scene().code({ token: { payload: { iss } } })).toBe('token_issuer');
    },
  );

  it.each([{ aud: AUDIENCE }, { aud: [AUDIENCE] }, { aud: ['urn:another', AUDIENCE] }])(
    'AT-4-04 takes %j',
    async (payload) => {
      await expect(new Scene().send({ token: { payload } })).resolves.toMatchObject({ subject: 'trader-1' });
    },
  );

  it.each([
    ['urn:another', 'token_audience'],
    [`${AUDIENCE}/`, 'token_audience'],
    [`${AUDIENCE} urn:another`, 'token_audience'],
    ['', 'token_audience'],
    [[], 'token_audience'],
    [['urn:another'], 'token_audience'],
    [[[AUDIENCE]], 'token_claims'],
    [[AUDIENCE, 1], 'token_claims'],
    [[AUDIENCE, null], 'token_claims'],
  ])('AT-4-04 refuses aud %j', async (aud, code) => {
    expect(await new Scene().code({ token: { payload: { aud } } })).toBe(code);
  });

  it('AT-5-01 BCP-2.3-02 JOSE-8725-3.9-01 refuses at one resource the token of another of the same issuer', async () => {
    const issuerKey = makeKey('ES256', 'issuer-1');
    const orders = new Scene({ audience: 'urn:orders' }, { issuer: issuerKey });
    const reports = new Scene({ audience: 'urn:reports' }, { issuer: issuerKey, client: orders.client });
    const token = orders.token({ payload: { aud: 'urn:orders' } });
    await expect(orders.send({ token })).resolves.toBeDefined();
    expect(await reports.code({ token })).toBe('token_audience');
  });
});

describe('RFC 9068 §4 time', () => {
  it.each([
    [1, 'accepted'],
    [0, 'token_expired'],
    [-1, 'token_expired'],
    [-3600, 'token_expired'],
  ])('AT-4-06 exp %i s from now: %s', async (ahead, outcome) => {
    const scene = new Scene();
    const sent = scene.send({ token: { payload: { exp: scene.now + ahead } } });
    expect(
      await sent.then(
        () => 'accepted',
        (error) => error.code,
      ),
    ).toBe(outcome);
  });

  it.each([
    [10, 'accepted'],
    [11, 'token_not_yet_valid'],
    [3600, 'token_not_yet_valid'],
  ])('iat and nbf %i s ahead: %s', async (ahead, outcome) => {
    const scene = new Scene();
    for (const claim of ['iat', 'nbf']) {
      const sent = scene.send({ token: { payload: { [claim]: scene.now + ahead } } });
      expect(
        await sent.then(
          () => 'accepted',
          (error) => error.code,
        ),
      ).toBe(outcome);
    }
  });

  it('says by how many seconds a token is past', async () => {
    const scene = new Scene();
    const refusal = await scene.refusal({ token: { payload: { exp: scene.now - 42 } } });
    expect(refusal).toMatchObject({ skew: -42, message: expect.stringContaining('skew -42 s') });
  });
});

it('AT-4-08 C065 reports each failure of a token as invalid_token by RFC 6750 §3.1', async () => {
  const scene = new Scene();
  const stranger = makeKey();
  const tokens = [
    'opaque',
    scene.token({ header: { typ: 'JWT' } }),
    scene.token({ header: { alg: 'none' } }),
    scene.token({ key: stranger }),
    breakSignature(scene.token()),
    scene.token({ payload: { iss: 'https://other.example' } }),
    scene.token({ payload: { aud: 'urn:other' } }),
    scene.token({ payload: { exp: scene.now - 1 } }),
    scene.token({ payload: { nbf: scene.now + 3600 } }),
    scene.token({ payload: { sub: undefined } }),
    scene.token({ payload: { cnf: undefined } }),
  ];
  for (const token of tokens) {
    const refusal = await scene.refusal({ token });
    expect(refusal).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(refusal.headers['WWW-Authenticate']).toMatch(/^DPoP error="invalid_token", /);
  }
});

it('AT-4-09 gives access with what the token says', async () => {
  const scene = new Scene();
  const roles = { groups: ['desk-7'], roles: ['trader'], entitlements: ['options'] };
  const token = scene.token({ payload: { ...roles, authorization_details: [{ type: 'order' }] } });
  expect(await scene.send({ token }, { scope: ['orders:read'] })).toMatchObject({
    clientId: 'client-1',
    subject: 'trader-1',
    scope: ['orders:read', 'orders:write'],
    confirmation: { jkt: scene.client.jkt },
    expiresAt: scene.now + 300,
    claims: { iss: ISSUER, ...roles, authorization_details: [{ type: 'order' }] },
  });
});

it('computes ath over the token as it was sent', async () => {
  const scene = new Scene();
  const token = forge(scene.issuerKey, { typ: 'at+jwt', alg: 'ES256' }, {});
  expect(await scene.code({ token, proof: { payload: { ath: sha256(token) } } })).not.toBe('proof_ath');
});
