import { describe, expect, it } from 'vitest';
import { signed } from '../proof/forge.ts';
import { ASSERTION_TYPE, assertion, proof, traderKey } from './forge.ts';
import { type Attempt, createScene, expectRefusal, type Scene, TRADER } from './scene.ts';

const scene = await createScene();

/** A sound request of `trader` over which something is put. */
async function send(attempt: Attempt, at: Scene = scene) {
  return at.send({ proof: proof({ payload: { nonce: await at.nonce() } }), ...attempt });
}

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
  ])('%s is refused', async (_name, attempt, error, code) => {
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
