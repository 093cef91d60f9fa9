import { describe, expect, it } from 'vitest';
import { signed } from '../proof/forge.ts';
import { certificate } from './certificates.ts';
import { assertion, claims, ISSUER, NOW, proof, proofKey, thiefKey, traderKey } from './forge.ts';
import { createScene, expectRefusal, expectToken, TRADER } from './scene.ts';

/**
 * Public advisories and bugs of peers that concern an issuer. Others have their test where the topic is: CVE-2024-10039,
 * CVE-2023-2422, CVE-2025-23419, XukuLLC/attesto#18, atproto#3859, wso2/financial-services-accelerator#958.
 */
const scene = await createScene();

describe('advisories', () => {
  it('CVE-2026-54431 a private JWK in the proof is refused', async () => {
    expectRefusal(
      await scene.prove({ header: { jwk: proofKey.privateJwk } }),
      'invalid_dpop_proof',
      'proof_jwk_private',
    );
  });

  it('CVE-2026-16093 no rule is taken from an assertion that was not verified', async () => {
    const rich = { ...TRADER, client_id: 'rich', jwks: { keys: [traderKey.jwk] } };
    const poor = { ...TRADER, client_id: 'poor', jwks: { keys: [thiefKey.jwk] }, scope: 'positions:read' };
    const two = await createScene({ clients: [rich, poor] });
    const nonce = await two.nonce();
    const send = (key: typeof thiefKey, id: string, extra: object = {}) =>
      two.send({
        assertion: assertion({ key, payload: { iss: id, sub: id, ...extra } }),
        proof: proof({ payload: { nonce } }),
      });
    expectRefusal(await send(thiefKey, 'rich'), 'invalid_client', 'assertion_signature');
    const own = await send(thiefKey, 'poor', { scope: 'orders:write', client_id: 'rich', cnf: {}, dpop_bound: false });
    expect(claims(expectToken(own))).toMatchObject({ client_id: 'poor', sub: 'poor', scope: 'positions:read' });
  });

  it('FAPI2-5.4.2-02 CVE-2024-21643 jku and x5u of assertion and proof are not followed', async () => {
    const header = { jku: 'https://127.0.0.1:9/keys', x5u: 'https://127.0.0.1:9/certificate' };
    expectToken(await scene.assert({ header }));
    expectToken(await scene.prove({ header }));
    expectRefusal(await scene.assert({ key: thiefKey, header }), 'invalid_client', 'assertion_signature');
  });

  it('GHSA-3p3g-vpw6-4w66 a client assertion is not taken twice', async () => {
    const one = { assertion: assertion() };
    const send = async () => scene.send({ ...one, proof: proof({ payload: { nonce: await scene.nonce() } }) });
    expectToken(await send());
    expectRefusal(await send(), 'invalid_client', 'assertion_replayed');
  });

  it('mcdonc/klangk#3272 a time that is no number is refused', async () => {
    for (const iat of ['NaN', null, '', [], {}, true]) {
      expectRefusal(await scene.prove({ payload: { iat } }), 'invalid_dpop_proof', 'proof_claims');
    }
    const text = `{"jti":"a","htm":"POST","htu":"${ISSUER}/token","iat":NaN,"nonce":"${await scene.nonce()}"}`;
    const header = JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: proofKey.jwk });
    const answer = await scene.send({ assertion: assertion(), proof: signed(header, text, proofKey) });
    expectRefusal(answer, 'invalid_dpop_proof', 'proof_malformed');
  });

  it('wso2/api-manager#4655 Abblix/Oidc.Server#159 a token that says it is bound is bound to what was shown', async () => {
    const bound = { ...TRADER, tls_client_certificate_bound_access_tokens: true };
    const mtls = await createScene({ clients: [bound] });
    expectRefusal(await mtls.send({ assertion: assertion() }), 'invalid_request', 'binding_missing');
    expectRefusal(await mtls.prove(), 'invalid_request', 'binding_missing');
  });

  it('giantswarm/mcp-oauth#383 no token is bearer without being bound to a certificate', async () => {
    const answers = [
      await scene.prove(),
      await scene.send({ assertion: assertion(), certificate: await certificate({ subject: [{ CN: 'x' }] }) }),
    ];
    for (const { body } of answers) {
      const cnf = claims(body['access_token'])['cnf'] as Record<string, unknown>;
      expect(Object.keys(cnf)).toEqual([body['token_type'] === 'DPoP' ? 'jkt' : 'x5t#S256']);
    }
  });

  it('cloudfoundry/uaa#4076 the listener with mutual TLS serves nobody who has only a secret', async () => {
    const form = { client_id: 'trader', client_secret: 'swordfish' };
    const shown = { certificate: await certificate({ subject: [{ CN: 'trader' }] }), certificateTrusted: true };
    expectRefusal(await scene.send({ ...shown, form }), 'invalid_client', 'client_authentication_unsupported');
    expectRefusal(
      await scene.send({ ...shown, form: { client_id: 'trader' } }),
      'invalid_client',
      'client_unauthenticated',
    );
  });

  it('eudi-lib-ios-openid4vci-swift#336 token_type is written as the RFCs write it', async () => {
    expect((await scene.prove()).body['token_type']).toBe('DPoP');
  });

  it('keycloak#36475 a refresh is no way around the proof', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'a' };
    const answer = await scene.send({
      assertion: assertion(),
      proof: proof({ payload: { nonce: await scene.nonce() } }),
      form,
    });
    expectRefusal(answer, 'unsupported_grant_type');
  });

  it('keycloak#50963 an exchange is no way to lose the binding', async () => {
    const token = expectToken(await scene.prove());
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    const answer = await scene.send({
      assertion: assertion(),
      proof: proof({ payload: { nonce: await scene.nonce() } }),
      form,
    });
    expectRefusal(answer, 'unsupported_grant_type');
  });
});

describe('weaknesses of peers', () => {
  it('BA, A0: htm is not brought to upper case on either side', async () => {
    for (const htm of ['post', 'Post'])
      expectRefusal(await scene.prove({ payload: { htm } }), 'invalid_dpop_proof', 'proof_htm');
  });

  it('KC: a refusal for time says the measured skew', async () => {
    const old = await createScene({ dpop_nonce: 'off' });
    const answer = await old.prove({ payload: { iat: NOW - 75, nonce: undefined } });
    expect(answer.body['error_description']).toContain('skew -75 s');
  });

  it('AT, SP: garbage before the token is minted burns nothing', async () => {
    const nonce = await scene.nonce();
    const mine = proof({ payload: { nonce, jti: 'mine' } });
    const stranger = { assertion: assertion({ key: thiefKey }), proof: mine };
    expectRefusal(await scene.send(stranger), 'invalid_client', 'assertion_signature');
    expectToken(await scene.send({ assertion: assertion(), proof: mine }));
  });

  it('keycloak#39332 htu is compared with the configured origin, whatever Host says', async () => {
    const headers = ['Host', 'internal:8080', 'X-Forwarded-Host', 'evil.example', 'X-Forwarded-Proto', 'http'];
    const nonce = await scene.nonce();
    expectToken(await scene.send({ assertion: assertion(), headers, proof: proof({ payload: { nonce } }) }));
    for (const htu of ['http://internal:8080/token', 'http://evil.example/token']) {
      const answer = await scene.send({ assertion: assertion(), headers, proof: proof({ payload: { nonce, htu } }) });
      expectRefusal(answer, 'invalid_dpop_proof', 'proof_htu');
    }
  });
});
