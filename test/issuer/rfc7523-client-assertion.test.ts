import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encode, forgedKey, keys, otherKeys, signed } from '../proof/forge.ts';
import { ASSERTION_TYPE, assertion, type Forgery, ISSUER, NOW, proof, thiefKey, traderKey } from './forge.ts';
import { type Attempt, createScene, expectRefusal, expectToken, type Scene, TRADER } from './scene.ts';

const scene = await createScene();

/** A sound request of `trader` over which something is put. */
async function send(attempt: Attempt, at: Scene = scene) {
  return at.send({ proof: proof({ payload: { nonce: await at.nonce() } }), ...attempt });
}

const refused = async (forgery: Forgery, code: string) =>
  expectRefusal(await scene.assert(forgery), 'invalid_client', code);

const registered = (...jwks: object[]) => createScene({ clients: [{ ...TRADER, jwks: { keys: jwks } }] });

describe('CA-2.2-01 exactly one assertion, of the one type', () => {
  const good = assertion();
  it.each<[string, Attempt, string]>([
    ['no assertion', { form: { client_id: 'trader' } }, 'client_unauthenticated'],
    ['nothing at all', {}, 'client_unauthenticated'],
    ['the type alone', { form: { client_assertion_type: ASSERTION_TYPE } }, 'assertion_malformed'],
    ['the assertion alone', { form: { client_assertion: good } }, 'assertion_malformed'],
    ['another type', { assertion: good, form: { client_assertion_type: `${ASSERTION_TYPE} ` } }, 'assertion_malformed'],
    [
      'the type of SAML',
      { assertion: good, form: { client_assertion_type: `${ASSERTION_TYPE.slice(0, -10)}saml2-bearer` } },
      'assertion_malformed',
    ],
    ['an empty assertion', { assertion: '' }, 'assertion_malformed'],
    ['two segments', { assertion: good.split('.').slice(0, 2).join('.') }, 'assertion_malformed'],
    ['five segments', { assertion: `${good}.a.a` }, 'assertion_malformed'],
    ['two assertions in one', { assertion: `${good} ${good}` }, 'assertion_malformed'],
    ['padding', { assertion: `${good}=` }, 'assertion_malformed'],
    [
      'a payload that is no object',
      { assertion: signed('{"alg":"ES256"}', '["trader"]', traderKey) },
      'client_unauthenticated',
    ],
    ['a payload of null', { assertion: signed('{"alg":"ES256"}', 'null', traderKey) }, 'assertion_malformed'],
    [
      'a payload that is no JSON',
      { assertion: signed('{"alg":"ES256"}', 'sub=trader', traderKey) },
      'assertion_malformed',
    ],
    ['a header that is no object', { assertion: signed('[]', '{"sub":"trader"}', traderKey) }, 'assertion_malformed'],
    ['more than 16 KiB', { assertion: assertion({ payload: { pad: 'x'.repeat(16_384) } }) }, 'assertion_malformed'],
  ])('refuses %s', async (_name, attempt, code) => {
    expectRefusal(await send(attempt), 'invalid_client', code);
  });

  it('C015 refuses a request without any authentication, whether or not the client exists', async () => {
    for (const id of ['trader', 'nobody']) expectRefusal(await send({ form: { client_id: id } }), 'invalid_client');
  });
});

describe('CA-3-01 C009 iss and sub are the client, and so is client_id', () => {
  it.each<[string, Forgery['payload'], string]>([
    ['no sub', { sub: undefined }, 'client_unauthenticated'],
    ['no iss', { iss: undefined }, 'assertion_claims'],
    ['iss of another client', { iss: 'other' }, 'assertion_claims'],
    ['sub of no client', { sub: 'nobody' }, 'client_unknown'],
    ['sub in another letter case', { sub: 'Trader' }, 'client_unknown'],
    ['an array', { sub: ['trader'] }, 'client_unauthenticated'],
    ['iss as an array', { iss: ['trader'] }, 'assertion_claims'],
  ])('refuses %s', async (_name, payload, code) => {
    await refused({ payload: payload ?? {} }, code);
  });

  it('takes client_id beside the assertion when it is the same one', async () => {
    expectToken(await send({ assertion: assertion(), form: { client_id: 'trader' } }));
    expectToken(await send({ assertion: assertion(), form: { client_id: '' } }));
  });

  it('C013 refuses the assertion of one client with the client_id of another', async () => {
    const other = { ...TRADER, client_id: 'other', jwks: { keys: [thiefKey.jwk] } };
    const two = await createScene({ clients: [TRADER, other] });
    const request = async (client: string, by: Forgery) =>
      send({ assertion: assertion(by), form: { client_id: client } }, two);
    const asOther = { iss: 'other', sub: 'other' };
    expectToken(await request('other', { key: thiefKey, payload: asOther }));
    for (const [client, by] of [
      ['other', {}],
      ['other', { key: thiefKey }],
      ['other', { payload: asOther }],
      ['trader', { key: thiefKey }],
      ['trader', { key: thiefKey, payload: asOther }],
      ['other', { key: thiefKey, payload: { ...asOther, sub: 'trader' } }],
    ] as const) {
      expectRefusal(await request(client, by), 'invalid_client');
    }
  });
});

describe('CA-3-02 CA-3-03 CA-bis-02 FAPI2-5.3.2.1-08 C008 aud is the issuer as a string and nothing else', () => {
  it.each([
    ...[undefined, null, '', 7, {}, [], [ISSUER], [ISSUER, 'https://other.example'], 'https://other.example'],
    ...[`${ISSUER}/`, `${ISSUER}/token`, `${ISSUER}/par`, `${ISSUER}:443`, ISSUER.toUpperCase(), ISSUER.slice(0, -1)],
  ])('refuses %j', async (aud) => {
    await refused({ payload: { aud } }, 'assertion_audience');
  });
  it('C007 takes the issuer', async () => expectToken(await scene.assert()));
});

describe('CA-3-04 CA-3-05 CA-3-06 CA-3-07 FAPI2-5.3.2.1-13 times', () => {
  it.each([
    ['exp', 60],
    ['exp', 310],
    ['exp', -9],
    ['exp', 0.5],
    ['iat', 0],
    ['iat', 8],
    ['iat', 10],
    ['iat', -3600],
    ['nbf', 0],
    ['nbf', 8],
    ['nbf', 10],
    ['nbf', -3600],
  ] as const)('C011 takes %s %d s from now', async (claim, seconds) => {
    expectToken(await scene.assert({ payload: { [claim]: NOW + seconds } }));
  });

  it.each([
    ['exp', -300],
    ['exp', -10],
    ['exp', 311],
    ['exp', 86_400],
    ['iat', 11],
    ['iat', 62],
    ['iat', 3600],
    ['nbf', 11],
    ['nbf', 62],
    ['nbf', 3600],
  ] as const)('C010 C011 refuses %s %d s from now and says the skew', async (claim, seconds) => {
    const answer = await scene.assert({ payload: { [claim]: NOW + seconds } });
    expectRefusal(answer, 'invalid_client', 'assertion_time');
    expect(answer.refusal).toMatchObject({ detail: claim, skew: seconds });
  });

  it.each(['exp', 'iat', 'nbf'])('JOSE-7519-4.1-01 refuses %s that is no number', async (claim) => {
    for (const value of [`${NOW + 60}`, null, true, [NOW], {}])
      await refused({ payload: { [claim]: value } }, 'assertion_claims');
  });

  it.each(['exp', 'iat', 'nbf'])('JOSE-7519-4.1-01 refuses an infinite %s', async (claim) => {
    for (const value of ['1e400', '-1e400']) {
      const body = JSON.stringify({ iss: 'trader', sub: 'trader', aud: ISSUER, jti: value, exp: NOW + 60, [claim]: 0 });
      const infinite = body.replace(/,"(exp|iat|nbf)":0/, `,"$1":${value}`).replace(`"exp":0`, `"exp":${value}`);
      expect(infinite).toContain(`"${claim}":${value}`);
      expectRefusal(await send({ assertion: signed('{"alg":"ES256"}', infinite, traderKey) }), 'invalid_client');
    }
  });

  it('CA-3-04 refuses an assertion without exp', () => refused({ payload: { exp: undefined } }, 'assertion_claims'));
  it('takes one without iat', async () => expectToken(await scene.assert({ payload: { iat: undefined } })));
});

describe('CA-3-08 jti', () => {
  it.each([undefined, '', 7, null, ['a']])('refuses %j', (jti) => refused({ payload: { jti } }, 'assertion_claims'));
});

describe('CA-3-09 CA-3.2-01 C012 C013 the signature is by a key that the client registered', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('FAPI2-5.4.1-02 takes %s', async (alg) => {
    const at = await registered(keys[alg].jwk);
    expectToken(await at.assert({ key: keys[alg] }));
  });

  it.each<[string, string]>([
    ['a flipped bit', assertion().replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))],
    ['no signature', `${assertion().split('.').slice(0, 2).join('.')}.`],
    ['alg none', `${encode('{"alg":"none"}')}.${assertion().split('.')[1]}.`],
    ['alg none with a signature', assertion({ header: { alg: 'none' } })],
    ['the signature of another assertion', assertion().replace(/[^.]*$/, assertion().split('.')[2] ?? '')],
    ['the key of somebody else', assertion({ key: thiefKey })],
    ['the key of somebody else in the header', assertion({ key: thiefKey, header: { jwk: thiefKey.jwk } })],
    ['no alg', assertion({ header: { alg: undefined } })],
    ['alg in lower case', assertion({ header: { alg: 'es256' } })],
    ['ES384', assertion({ key: keys.ES384 })],
    ['an alg of another key type', assertion({ header: { alg: 'PS256' } })],
    ['a DER signature', assertion({ key: { ...otherKeys.derSignature, alg: 'ES256' } })],
  ])('FAPI2-5.4.1-03 refuses %s', async (_name, text) => {
    expectRefusal(await send({ assertion: text }), 'invalid_client');
  });

  it('FAPI2-5.4.1-02 refuses RS256 and PS384 by a registered RSA key', async () => {
    const at = await registered(keys.PS256.jwk);
    for (const key of [otherKeys.rs256, keys.PS384, { ...otherKeys.rs256, alg: 'PS256' }]) {
      expectRefusal(await at.assert({ key: { ...key, alg: key.alg } }), 'invalid_client');
    }
    expectToken(await at.assert({ key: keys.PS256 }));
  });

  it('C012 refuses HS256 with the public key as the secret', async () => {
    const { createHmac } = await import('node:crypto');
    for (const secret of [JSON.stringify(traderKey.jwk), String(traderKey.jwk['x'])]) {
      const mac = { ...traderKey, sign: (input: string) => createHmac('sha256', secret).update(input).digest() };
      await refused({ key: { ...mac, alg: 'HS256' } }, 'assertion_alg');
    }
  });

  it('C012 refuses an alg other than the one registered for the key', async () => {
    const at = await registered({ ...keys.Ed25519.jwk, alg: 'Ed25519' }, { ...traderKey.jwk, alg: 'ES256' });
    expectToken(await at.assert());
    expectRefusal(await at.assert({ key: keys.PS256 }), 'invalid_client');
  });

  it('FAPI2-5.4.1-04 refuses a small RSA key even when it is sent along', async () => {
    const small = forgedKey('PS256', rsa, 'sha256', { padding: 6, saltLength: 32 });
    await refused({ key: small, header: { jwk: small.jwk } }, 'assertion_signature');
  });

  it('CA-5-01 leaves RS256 out, because FAPI 2.0 §5.4.1 forbids it', async () => {
    const text = scene.issuer.metadata().body;
    expect(text).not.toContain('RS256');
  });
});

describe('FAPI2-5.4.3-01 which of several keys', () => {
  it('is chosen by kty, alg and crv when kids are the same', async () => {
    const at = await registered(
      { ...traderKey.jwk, kid: 'same' },
      { ...keys.PS256.jwk, kid: 'same' },
      { ...keys.Ed25519.jwk, kid: 'same' },
    );
    for (const key of [traderKey, keys.PS256, keys.Ed25519]) {
      expectToken(await at.assert({ key, header: { kid: 'same' } }));
      expectToken(await at.assert({ key }));
    }
    expectRefusal(await at.assert({ key: thiefKey, header: { kid: 'same' } }), 'invalid_client');
  });

  it('is chosen by kid when the types are the same', async () => {
    const at = await registered({ ...traderKey.jwk, kid: 'new' }, { ...thiefKey.jwk, kid: 'old' });
    expectToken(await at.assert({ header: { kid: 'new' } }));
    expectToken(await at.assert({ key: thiefKey, header: { kid: 'old' } }));
    for (const kid of ['old', 'none', '', 7, ['new'], '../new']) {
      expectRefusal(await at.assert({ header: { kid } }), 'invalid_client', 'assertion_signature');
    }
  });
});

describe('FAPI2-5.4.1-01 CA-3-10 the rules of RFC 8725', () => {
  it.each([undefined, 'JWT', 'jwt', 'client-authentication+jwt'])('CA-bis-01 takes typ %s', async (typ) => {
    expectToken(await scene.assert({ header: { typ } }));
  });
  it.each(['dpop+jwt', 'at+jwt', 'oauth-authz-req+jwt', 'token-introspection+jwt', '', null, 7, ['JWT']])(
    'JOSE-8725-3.12-01 refuses typ %j',
    (typ) => refused({ header: { typ } }, 'assertion_alg'),
  );
  it.each<Forgery['header']>([
    { crit: ['exp'], exp: 1 },
    { crit: [] },
    { b64: false },
    { b64: true },
    { crit: ['b64'], b64: false },
  ])('JOSE-7515-4.1.11-01 refuses %j', (header) => refused({ header: header ?? {} }, 'assertion_malformed'));

  it('JOSE-8725-3.10-01 ignores jku, x5u, jwk and x5c, and fetches nothing', async () => {
    const header = { jku: `${ISSUER}/evil`, x5u: 'http://127.0.0.1:9/', x5c: ['c2VjcmV0'], jwk: thiefKey.jwk };
    expectToken(await scene.assert({ header }));
    await refused({ key: thiefKey, header }, 'assertion_signature');
  });

  it('JOSE-7519-4-01 the last of two equal members counts, for every check', async () => {
    const payload = `{"iss":"trader","sub":"nobody","sub":"trader","aud":"x","aud":"${ISSUER}","jti":"twice","exp":${NOW + 9}}`;
    expectToken(await send({ assertion: signed('{"alg":"none","alg":"ES256"}', payload, traderKey) }));
    const reversed = payload.replace('"sub":"nobody","sub":"trader"', '"sub":"trader","sub":"nobody"');
    expectRefusal(await send({ assertion: signed('{"alg":"ES256"}', reversed, traderKey) }), 'invalid_client');
  });

  it('JOSE-8725-3.12-01 an access token or a proof is no assertion', async () => {
    const token = expectToken(await scene.prove());
    const aProof = proof({ key: traderKey, payload: { iss: 'trader', sub: 'trader', aud: ISSUER, exp: NOW + 60 } });
    for (const other of [token, aProof]) expectRefusal(await send({ assertion: other }), 'invalid_client');
  });

  it('JOSE-8725-3.7-01 refuses a payload that is not UTF-8', async () => {
    const good = Buffer.from(assertion().split('.')[1] ?? '', 'base64url');
    const bad = Buffer.concat([good.subarray(0, -1), Buffer.from(',"a":"\xff"}', 'latin1')]);
    expectRefusal(
      await send({ assertion: signed('{"alg":"ES256"}', bad, traderKey) }),
      'invalid_client',
      'assertion_malformed',
    );
  });
});

describe('C016 one way to authenticate, and the one that was registered', () => {
  const basic = ['Authorization', `Basic ${Buffer.from('trader:secret').toString('base64')}`];

  it.each<[string, Attempt, string, string]>([
    [
      'FAPI2-5.3.2.1-06 a secret in the header',
      { headers: basic },
      'invalid_client',
      'client_authentication_unsupported',
    ],
    [
      'FAPI2-5.3.2.1-06 a secret in the body',
      { form: { client_id: 'trader', client_secret: 's' } },
      'invalid_client',
      'client_authentication_unsupported',
    ],
    [
      'a token as authentication',
      { headers: ['Authorization', 'Bearer a'] },
      'invalid_client',
      'client_authentication_unsupported',
    ],
    [
      'an assertion and a header',
      { assertion: assertion(), headers: basic },
      'invalid_request',
      'client_authentication_ambiguous',
    ],
    [
      'an assertion and a secret',
      { assertion: assertion(), form: { client_secret: 's' } },
      'invalid_request',
      'client_authentication_ambiguous',
    ],
    ['two headers', { headers: [...basic, ...basic] }, 'invalid_request', 'client_authentication_ambiguous'],
    [
      'a header and a secret',
      { headers: basic, form: { client_secret: 's' } },
      'invalid_request',
      'client_authentication_ambiguous',
    ],
  ])('refuses %s', async (_name, attempt, error, code) => {
    expectRefusal(await send(attempt), error, code);
  });

  it('RFC 6749 §5.2 answers a tried Authorization field with WWW-Authenticate', async () => {
    const { status, headers } = await send({ headers: basic });
    expect(status).toBe(401);
    expect(headers['WWW-Authenticate']).toMatch(/^Basic /);
  });

  it('refuses the assertion of a client that registered mutual TLS', async () => {
    const pki = { client_id: 'pki', token_endpoint_auth_method: 'tls_client_auth', scope: 'orders:read' };
    const at = await createScene({
      clients: [{ ...pki, tls_client_auth_san_dns: 'pki.example', jwks: TRADER.jwks }, TRADER],
    });
    const answer = await send({ assertion: assertion({ payload: { iss: 'pki', sub: 'pki' } }) }, at);
    expectRefusal(answer, 'invalid_client', 'client_authentication_unsupported');
  });
});
