import { constants, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { forgedKey, keys, otherKeys, signed } from '../proof/forge.ts';
import rfc9126 from '../vectors/rfc9126.json' with { type: 'json' };
import { assertion, type Forgery, ISSUER, NOW, proof, proofKey, thiefKey, traderKey } from './forge.ts';
import { createPeople, DESK } from './people.ts';
import { expectPushed, expectRequestRefused, requestObject } from './request-objects.ts';

const people = await createPeople();
const push = (forgery: Forgery = {}) => pushText(requestObject(forgery));
const pushText = (request: string) => people.send('push', { form: { request }, proof: 'none' });

describe('RFC 9101 §6.2 the signature of a request object', () => {
  const rsa = { ...DESK, jwks: { keys: [traderKey.jwk, otherKeys.rs256.jwk] } };

  it('C060 JOSE-9101-6.2-01 by RS256 is refused, also where the client has that key', async () => {
    const its = await createPeople({ clients: [rsa] });
    const request = (key = otherKeys.rs256) => requestObject({ key });
    expectRequestRefused(await its.send('push', { form: { request: request() } }), 'request_object_alg');
    expectPushed(await its.send('push', { form: { request: request(keys.PS256) } }));
  });

  it.each<[string, Forgery, string]>([
    ['C060 JOSE-9101-6.2-01 none', { header: { alg: 'none' } }, 'request_object_alg'],
    ['C060 none in capitals', { header: { alg: 'NONE' } }, 'request_object_alg'],
    ['C060 HS256', { header: { alg: 'HS256' } }, 'request_object_alg'],
    ['C060 no alg', { header: { alg: undefined } }, 'request_object_alg'],
    ['C060 JOSE-9101-6.2-01 the key of another client', { key: thiefKey }, 'request_object_signature'],
    [
      'C060 JOSE-9101-6.2-01 a key that came along',
      { key: thiefKey, header: { jwk: thiefKey.jwk } },
      'request_object_signature',
    ],
    ['JOSE-9101-6.2-01 a kid of nobody', { header: { kid: 'nobody' } }, 'request_object_signature'],
    ['JOSE-9101-6.2-01 a kid that is no text', { header: { kid: 1 } }, 'request_object_signature'],
    [
      'JOSE-9101-6.2-01 an algorithm that does not fit the key',
      { header: { alg: 'PS256' } },
      'request_object_signature',
    ],
  ])('%s is refused', async (_what, forgery, code) => expectRequestRefused(await push(forgery), code));

  it('C060 JOSE-9101-6.2-01 none with an empty signature is refused', async () => {
    const [, payload] = requestObject().split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const { status, body } = await pushText(`${none}.${payload}.`);
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request_object' });
  });

  it('C060 JOSE-9101-6.2-01 with any one bit changed it is refused', async () => {
    const [header = '', payload = '', signature = ''] = requestObject().split('.');
    const octets = Buffer.from(signature, 'base64url');
    for (const at of [0, 31, 32, 63]) {
      const broken = Buffer.from(octets);
      broken[at] = (broken[at] ?? 0) ^ 1;
      const request = `${header}.${payload}.${broken.toString('base64url')}`;
      expectRequestRefused(await pushText(request), 'request_object_signature');
    }
    const other = Buffer.from(payload, 'base64url').toString().replace('orders:write', 'orders:writE');
    const forged = `${header}.${Buffer.from(other).toString('base64url')}.${signature}`;
    expectRequestRefused(await pushText(forged), 'request_object_signature');
  });

  it('C060 JOSE-9101-6.2-01 by another algorithm than the client registered is refused', async () => {
    const its = await createPeople({ clients: [{ ...rsa, request_object_signing_alg: 'PS256' }] });
    expectRequestRefused(await its.send('push', { form: { request: requestObject() } }), 'request_object_alg');
    expectPushed(await its.send('push', { form: { request: requestObject({ key: keys.PS256 }) } }));
  });
});

describe('FAPI 2.0 Message Signing §5.3.1 a client that has to sign', async () => {
  const signing = await createPeople({ clients: [{ ...DESK, require_signed_request_object: true }] });

  it('C061 FAPIMS-5.3.1-01 PAR-2.3-02 is refused without', async () => {
    expectRequestRefused(await signing.push(), 'request_object_required', 'invalid_request');
    expectRequestRefused(await signing.push({ request: '' }), 'request_object_required', 'invalid_request');
  });

  it('FAPIMS-5.3.1-01 FAPIMS-5-01 and is served with, under every other rule of the profile', async () => {
    const bound = (request: string) => signing.send('push', { form: { request } });
    expectPushed(await bound(requestObject()));
    const unproven = { code_challenge: undefined, code_challenge_method: undefined };
    expectRequestRefused(await bound(requestObject({ payload: unproven })), 'challenge_missing', 'invalid_request');
    const { status, body } = await signing.send('push', { form: { request: requestObject() }, assertion: undefined });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });
});

describe('RFC 8725 §3.12 no JWT of a client passes for one of another kind', () => {
  const asAssertion = (text: string) => people.send('push', { form: { request: requestObject() }, assertion: text });

  it.each<[string, () => string]>([
    ['JOSE-8725-3.12-01 a client assertion', () => assertion()],
    [
      'JOSE-8725-3.12-01 a client assertion with its typ',
      () => assertion({ header: { typ: 'client-authentication+jwt' } }),
    ],
    [
      'JOSE-8725-3.12-01 a client assertion that has all that a request has',
      () => requestObject({ header: { typ: undefined }, payload: { sub: 'trader', jti: 'a' } }),
    ],
    ['JOSE-8725-3.12-01 a proof', () => proof({ key: traderKey })],
    ['JOSE-8725-3.12-01 a proof that has all that a request has', () => requestObject({ header: { typ: 'dpop+jwt' } })],
  ])('%s is no request object', async (_what, text) => {
    const { status, body } = await pushText(text());
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request_object' });
  });

  it.each<[string, Forgery]>([
    ['JOSE-8725-3.12-01 a request object', { payload: { jti: 'b', exp: NOW + 60 } }],
    ['JOSE-8725-3.12-01 one without typ', { header: { typ: undefined }, payload: { jti: 'c', exp: NOW + 60 } }],
    [
      'JOSE-8725-3.12-01 one that has all that an assertion has',
      { payload: { sub: 'trader', jti: 'd', exp: NOW + 60 } },
    ],
  ])('%s is no client assertion', async (_what, forgery) => {
    const { status, body } = await asAssertion(requestObject(forgery));
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });

  it('JOSE-8725-3.12-01 a request object is no proof', async () => {
    const payload = { jti: 'e', htm: 'POST', htu: `${ISSUER}/par`, iat: NOW };
    const text = requestObject({ key: proofKey, header: { jwk: proofKey.jwk }, payload });
    const { status, body } = await people.push({}, { proof: text });
    expect({ status, error: body['error'], code: body['code'] }).toEqual({
      status: 400,
      error: 'invalid_dpop_proof',
      code: 'proof_typ',
    });
  });
});

describe('RFC 9126 §3 the request object of the example', async () => {
  const { key, requestObject: example, clientAssertion } = rfc9126;
  const { d: _, p, q, dp, dq, qi, ...jwk } = key;
  const EXAMPLE = {
    ...DESK,
    client_id: example.payload.client_id,
    jwks: { keys: [jwk] },
    redirect_uris: [example.payload.redirect_uri],
    scope: example.payload.scope,
    authorization_details_types: [],
  };
  const its = await createPeople({
    issuer: example.payload.aud,
    clients: [EXAMPLE],
    resources: [{ resource: 'https://accounts.example', scope: example.payload.scope }],
    authorization_details_types: [],
  });
  const rsa = forgedKey('PS256', createPrivateKey({ key, format: 'jwk' }), 'sha256', {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  });
  its.now = example.payload.exp - 30;
  const pushExample = (request: string, asserted?: string) => {
    const { iss, sub, aud } = clientAssertion.payload;
    const payload = { iss, sub, aud, exp: its.now + 60, iat: its.now };
    return its.send('push', {
      form: { request },
      assertion: asserted ?? assertion({ key: rsa, payload }),
      proof: 'none',
    });
  };

  it('C060 FAPI2-5.4.1-02 is signed by RS256, and refused', async () => {
    expectRequestRefused(await pushExample(example.jwt), 'request_object_alg');
    const { status, body } = await pushExample(example.jwt, clientAssertion.jwt);
    expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'assertion_alg' });
  });

  it('FAPIMS-5.3.1-03 C059 is refused under PS256 as well, because it has no nbf', async () => {
    const resigned = (payload: object) =>
      signed(JSON.stringify({ ...example.header, alg: 'PS256' }), JSON.stringify(payload), rsa);
    expectRequestRefused(await pushExample(resigned(example.payload)), 'request_object_claims');
    expectPushed(await pushExample(resigned({ ...example.payload, nbf: its.now })));
  });
});
