import { describe, expect, it } from 'vitest';
import { base64url, breakSignature, forge, forgeText, type Members, makeKey, published, sha256 } from './forge.ts';
import { AUDIENCE, ISSUER, Scene } from './scene.ts';

describe('RFC 9068 §2.2 claims', () => {
  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    'AT-2.2-01 refuses a token without %s',
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

  it('DPOP-11.5-01 refuses a DPoP proof as a token', async () => {
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

describe('RFC 9068 §4 signature', () => {
  it('AT-4-05 refuses a broken signature, another payload and none at all', async () => {
    const scene = new Scene();
    const good = scene.token();
    const [header, , signature] = good.split('.');
    const payload = base64url(JSON.stringify({ iss: ISSUER, aud: AUDIENCE }));
    for (const token of [breakSignature(good), `${header}.${payload}.${signature}`, good.replace(/[^.]+$/, '')]) {
      expect(await scene.code({ token })).toBe('token_signature');
    }
  });

  it.each(['RS256', 'ES384', 'PS384', 'Ed448'] as const)(
    'FAPI2-5.4.1-02 refuses a token signed with %s',
    async (alg) => {
      const scene = new Scene({}, { issuer: makeKey(alg, 'issuer-1') });
      expect(await scene.code()).toBe('token_alg');
    },
  );

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'FAPI2-5.4.1-02 takes a token signed with %s',
    async (alg) => {
      const scene = new Scene({}, { issuer: makeKey(alg, 'issuer-1') });
      await expect(scene.send()).resolves.toMatchObject({ clientId: 'client-1' });
    },
  );

  it.each(['none', 'None', 'NONE', '', undefined, 'HS256', 'es256', 'ES256 ', ['ES256'], 'toString', '__proto__'])(
    'AT-4-05 refuses alg %j over a signature that would verify',
    async (alg) => {
      expect(await new Scene().code({ token: { header: { alg } } })).toBe('token_alg');
    },
  );

  it('AT-4-05 refuses an algorithm that the key is not for', async () => {
    expect(await new Scene().code({ token: { header: { alg: 'PS256' } } })).toBe('token_key_unknown');
  });

  it('AT-4-05 ignores jwk, jku, x5c and x5u in the header: a stranger cannot bring the key', async () => {
    const stranger = makeKey('ES256', 'issuer-1');
    const header = { jwk: stranger.publicJwk, jku: 'https://127.0.0.1:1/', x5u: 'https://127.0.0.1:1/', x5c: ['AA=='] };
    expect(await new Scene().code({ token: { key: stranger, header } })).toBe('token_signature');
  });

  it('JOSE-8725-3.8-01 refuses a token of this issuer that a key of another issuer signed', async () => {
    const scene = new Scene();
    const other = makeKey('ES256', 'issuer-2');
    expect(await scene.code({ token: { key: other } })).toBe('token_key_unknown');
    expect(await scene.code({ token: { key: other, header: { kid: 'issuer-1' } } })).toBe('token_signature');
  });

  it.each([{ crit: ['exp'] }, { crit: [] }, { b64: false }, { kid: 7 }, { kid: null }])(
    'AT-4-05 refuses the header member %j',
    async (header) => {
      expect(await new Scene().code({ token: { header } })).toBe('token_malformed');
    },
  );

  it.each([
    ['AT-4-07 five parts, as an encrypted token has', (good: string) => `${good}.AA.AA`],
    ['two parts', (good: string) => good.split('.').slice(0, 2).join('.')],
    ['a header that is an array', (good: string) => good.replace(/^[^.]+/, base64url('[]'))],
    ['a payload that is no JSON', (good: string) => good.replace(/\.[^.]+\./, `.${base64url('{')}.`)],
    ['an opaque word', () => 'opaque'],
    ['the other base64 alphabet', (good: string) => `${good}+/`],
    ['padding', (good: string) => `${good}=`],
  ])('refuses %s', async (_what, spoil) => {
    const scene = new Scene();
    expect(await scene.code({ token: spoil(scene.token()) })).toBe('token_malformed');
  });
});

describe('choosing the key', () => {
  const [ec, rsa, other] = [makeKey('ES256', 'same'), makeKey('PS256', 'same'), makeKey('ES256', 'same')];
  const accepts = (keys: readonly Members[], issuer = ec) =>
    new Scene({ jwks: { keys } }, { issuer }).send().then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  it('FAPI2-5.4.3-01 takes, of keys with one kid, the one that fits alg and kty', async () => {
    expect(await accepts([published(rsa), published(ec)])).toBe('accepted');
    expect(await accepts([published(rsa), published(ec)], rsa)).toBe('accepted');
  });

  it('FAPI2-5.4.3-01 leaves out keys that are for encryption or for another alg', async () => {
    expect(await accepts([{ ...published(ec), use: 'enc' }])).toBe('token_key_unknown');
    expect(await accepts([{ ...published(ec), alg: 'ES384' }])).toBe('token_key_unknown');
    expect(await accepts([{ ...published(ec), key_ops: ['encrypt'] }])).toBe('token_key_unknown');
  });

  it('FAPI2-5.4.3-01 tries each of two keys that fit equally', async () => {
    expect(await accepts([published(other), published(ec)])).toBe('accepted');
    expect(await accepts([published(other)])).toBe('token_signature');
  });

  it('tries the keys that fit when the token names none', async () => {
    const scene = new Scene({ jwks: { keys: [published(rsa), published(other), published(ec)] } }, { issuer: ec });
    await expect(scene.send({ token: { header: { kid: undefined } } })).resolves.toBeDefined();
  });

  it('never uses a private or symmetric key that an issuer published by mistake', async () => {
    expect(await accepts([{ ...published(ec), ...ec.privateJwk }])).toBe('token_key_unknown');
    expect(await accepts([{ kty: 'oct', k: 'AAAA', kid: 'same' }])).toBe('token_key_unknown');
  });

  it('passes over members of the set that are no keys', async () => {
    const junk = [null, 7, 'key', [], {}, { kid: 'same' }] as unknown as Members[];
    expect(await accepts([...junk, published(ec)])).toBe('accepted');
    expect(await accepts(junk)).toBe('token_key_unknown');
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

it('AT-4-08 reports each failure of a token as invalid_token by RFC 6750 §3.1', async () => {
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

it('gives access with what the token says', async () => {
  const scene = new Scene();
  const token = scene.token({ payload: { authorization_details: [{ type: 'order' }] } });
  expect(await scene.send({ token }, { scope: ['orders:read'] })).toMatchObject({
    clientId: 'client-1',
    subject: 'trader-1',
    scope: ['orders:read', 'orders:write'],
    confirmation: { jkt: scene.client.jkt },
    expiresAt: scene.now + 300,
    claims: { iss: ISSUER, authorization_details: [{ type: 'order' }] },
  });
});

it('computes ath over the token as it was sent', async () => {
  const scene = new Scene();
  const token = forge(scene.issuerKey, { typ: 'at+jwt', alg: 'ES256' }, {});
  expect(await scene.code({ token, proof: { payload: { ath: sha256(token) } } })).not.toBe('proof_ath');
});
