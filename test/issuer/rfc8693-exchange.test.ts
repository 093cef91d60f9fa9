import { describe, expect, it } from 'vitest';
import {
  ACCESS_TOKEN,
  BACKEND,
  delegate,
  exchange,
  expectExchangeRefused,
  issued,
  jkt,
  OWNER,
  PARTIES,
  STRANGER,
} from './exchange-scene.ts';
import { assertion, claims, ecKey, ISSUER, NOW, proof, proofKey, thiefKey, VENUE } from './forge.ts';
import { createPeople, DESK, type Fields, ORDER, type Sent } from './people.ts';
import { ask, REPORTS } from './questions.ts';
import { accessToken } from './tokens.ts';

const people = await createPeople(PARTIES);
const approved = (form: Fields = {}, its = people) => accessToken(its, { resource: VENUE, ...form });

describe('RFC 8693 §2 a client exchanges its own token', () => {
  it('for less of the same, bound to the same key', async () => {
    const token = await approved({ authorization_details: JSON.stringify([ORDER]) });
    const answer = await exchange(people, token, { scope: 'orders:read' });
    expect(answer.body).toMatchObject({ token_type: 'DPoP', issued_token_type: ACCESS_TOKEN, scope: 'orders:read' });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.body).not.toHaveProperty('id_token');
    const { jti, scope, ...same } = claims(issued(answer));
    expect(claims(token)).toMatchObject(same);
    expect(scope).toBe('orders:read');
    expect(jti).not.toBe(claims(token)['jti']);
    expect(same).not.toHaveProperty('act');
  });

  it.each<[string, Sent, string, string]>([
    [
      'keycloak#50963 CVE-2024-49755 with another key',
      { proof: { key: thiefKey } },
      'unauthorized_client',
      'exchange_forbidden',
    ],
    ['keycloak#50963 without proof', { proof: 'none' }, 'invalid_dpop_proof', 'proof_missing'],
    [
      'keycloak#50963 with a certificate instead',
      { proof: 'none', request: { certificate: Buffer.from('c') } },
      'invalid_dpop_proof',
      'proof_missing',
    ],
  ])('%s gets nothing', async (_how, sent, error, code) => {
    expectExchangeRefused(await exchange(people, await approved(), {}, sent), error, code);
  });

  it('keycloak#50963 a token that is bound to a certificate stays so', async () => {
    const certificate = Buffer.from('own');
    const by = { ...OWNER, dpop_bound_access_tokens: false } as const;
    const its = await createPeople({ ...PARTIES, clients: [by] });
    const code = await its.code({ resource: VENUE }, { proof: 'none' });
    const { body } = await its.redeem(code, {}, { proof: 'none', request: { certificate } });
    const token = String(body['access_token']);
    const shown = { proof: 'none', request: { certificate } } as const;
    expect(claims(issued(await exchange(its, token, {}, shown)))['cnf']).toEqual(claims(token)['cnf']);
    const another = { proof: 'none', request: { certificate: Buffer.from('other') } } as const;
    expectExchangeRefused(await exchange(its, token, {}, another), 'unauthorized_client', 'exchange_forbidden');
    // A proof decides what the new one is bound to, and would drop the certificate
    const withProof = { request: { certificate } };
    expectExchangeRefused(await exchange(its, token, {}, withProof), 'unauthorized_client', 'exchange_forbidden');
  });

  it.each<[string, Fields, string, string]>([
    ['more scope', { scope: 'orders:read orders:write' }, 'invalid_scope', 'scope_invalid'],
    ['another scope that it may ask for', { scope: 'openid' }, 'invalid_scope', 'scope_invalid'],
    ['another resource', { resource: REPORTS }, 'invalid_target', 'resource_invalid'],
    ['an unknown resource', { resource: 'https://elsewhere.example' }, 'invalid_target', 'resource_invalid'],
    ['a target that is named otherwise', { audience: 'reports' }, 'invalid_target', 'resource_invalid'],
    [
      'details that it does not have',
      { authorization_details: JSON.stringify([ORDER]) },
      'invalid_authorization_details',
      'authorization_details_invalid',
    ],
  ])('never for %s', async (_what, form, error, code) => {
    expectExchangeRefused(await exchange(people, await approved({ scope: 'orders:read' }), form), error, code);
  });

  it('for one that ends no later', async () => {
    const its = await createPeople(PARTIES);
    const token = await approved({}, its);
    its.now = NOW + 200;
    const answer = await exchange(its, token);
    expect(answer.body['expires_in']).toBe(100);
    expect(claims(issued(answer))).toMatchObject({ iat: NOW + 200, exp: NOW + 300 });
    its.now = NOW + 300;
    expectExchangeRefused(await exchange(its, token), 'invalid_request', 'subject_token_invalid');
  });
});

describe('RFC 8693 §1.1 a resource server exchanges a token that it was shown', () => {
  it('for one of its own, that says for whom it acts', async () => {
    const token = await approved();
    const fresh = issued(await delegate(people, token, { resource: REPORTS, scope: 'orders:read' }));
    expect(claims(fresh)).toMatchObject({
      iss: ISSUER,
      sub: 'person-anna',
      aud: REPORTS,
      client_id: 'venue-backend',
      scope: 'orders:read',
      act: { sub: 'venue-backend' },
      exp: claims(token)['exp'],
    });
    expect([jkt(fresh), jkt(token)]).toEqual([expect.any(String), expect.any(String)]);
    expect(jkt(fresh)).not.toBe(jkt(token));
    expect(claims(fresh)['cnf']).not.toHaveProperty('x5t#S256');
    const { body } = await ask(people, fresh, { by: 'reports-server' });
    expect(body).toMatchObject({ active: true, act: { sub: 'venue-backend' }, cnf: { jkt: jkt(fresh) } });
  });

  it.each<[string, Fields, string, string]>([
    ['a scope that the token does not have', { scope: 'positions:read' }, 'invalid_scope', 'scope_invalid'],
    ['a scope that it may not ask for itself', { scope: 'orders:write' }, 'invalid_scope', 'scope_invalid'],
    ['a resource where the token has no scope', { resource: ISSUER }, 'invalid_target', 'resource_invalid'],
  ])('never for %s', async (_what, form, error, code) => {
    expectExchangeRefused(await delegate(people, await approved(), form), error, code);
  });

  it('never for details of a type that it may not ask for', async () => {
    const token = await approved({ authorization_details: JSON.stringify([ORDER]) });
    const fresh = await delegate(people, token, { resource: VENUE });
    expect(fresh.body).not.toHaveProperty('authorization_details');
    expect(claims(issued(fresh))).not.toHaveProperty('authorization_details');
    const named = { resource: VENUE, authorization_details: JSON.stringify([ORDER]) };
    expectExchangeRefused(
      await delegate(people, token, named),
      'invalid_authorization_details',
      'authorization_details_invalid',
    );
    const clients = [OWNER, { ...BACKEND, authorization_details_types: ['order_entry'] }];
    const its = await createPeople({ ...PARTIES, clients });
    const shown = await approved({ authorization_details: JSON.stringify([ORDER]) }, its);
    expect((await delegate(its, shown, { resource: VENUE })).body).toMatchObject({ authorization_details: [ORDER] });
  });

  it('never when the token is for another resource', async () => {
    const token = await accessToken(people, { resource: REPORTS, scope: 'orders:read' });
    expectExchangeRefused(
      await delegate(people, token, { resource: REPORTS }),
      'unauthorized_client',
      'exchange_forbidden',
    );
  });

  it('never as a client that is no server of it', async () => {
    const stolen = await exchange(people, await approved(), {}, { client: 'rival', proof: { key: thiefKey } });
    expectExchangeRefused(stolen, 'unauthorized_client', 'exchange_forbidden');
    // Nor with the very proof key of the client that it was given to
    const shared = await exchange(people, await approved(), {}, { client: 'rival' });
    expectExchangeRefused(shared, 'unauthorized_client', 'exchange_forbidden');
  });

  it('RFC 8693 §4.1 and whoever acts behind it nests who acted before', async () => {
    const secondKey = ecKey();
    const second = {
      ...BACKEND,
      client_id: 'reports-backend',
      jwks: { keys: [secondKey.jwk] },
      exchange_resources: [REPORTS],
    };
    const its = await createPeople({ ...PARTIES, clients: [...PARTIES.clients, second] });
    const first = issued(await delegate(its, await approved({}, its), { resource: REPORTS, scope: 'orders:read' }));
    const payload = { iss: 'reports-backend', sub: 'reports-backend' };
    const sent = { assertion: assertion({ key: secondKey, payload }), proof: { key: secondKey } };
    const fresh = issued(await exchange(its, first, { resource: VENUE, scope: 'orders:read' }, sent));
    expect(claims(fresh)).toMatchObject({
      sub: 'person-anna',
      client_id: 'reports-backend',
      act: { sub: 'reports-backend', act: { sub: 'venue-backend' } },
    });
  });
});

describe('RFC 8693 §2.1 what is asked for', () => {
  it.each<[string, Fields, string]>([
    ['no subject_token', { subject_token: undefined }, 'subject_token_invalid'],
    ['no subject_token_type', { subject_token_type: undefined }, 'subject_token_type'],
    ['an ID token', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'subject_token_type'],
    ['any JWT', { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'subject_token_type'],
    [
      'a refresh token for it',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'subject_token_type',
    ],
    ['a token of who acts', { actor_token: 'a', actor_token_type: ACCESS_TOKEN }, 'subject_token_type'],
    ['a token of nobody', { subject_token: 'A'.repeat(43) }, 'subject_token_invalid'],
    ['a text with dots', { subject_token: 'a.b.c' }, 'subject_token_invalid'],
  ])('%s: refused', async (_what, form, code) => {
    expectExchangeRefused(await exchange(people, await approved(), form), 'invalid_request', code);
  });

  it('a refresh token under the type of an access token is none', async () => {
    const { body } = await people.redeem(await people.code({ resource: VENUE }));
    const answer = await exchange(people, String(body['refresh_token']));
    expectExchangeRefused(answer, 'invalid_request', 'subject_token_invalid');
  });

  it('a client that is not registered for it is refused, and so is one that does not authenticate', async () => {
    const its = await createPeople({ ...PARTIES, clients: [DESK, STRANGER] });
    expectExchangeRefused(await exchange(its, await approved({}, its)), 'unauthorized_client', 'grant_not_allowed');
    const { status } = await exchange(people, await approved(), {}, { assertion: undefined });
    expect(status).toBe(401);
  });

  it('DPOP-11.1-02 a proof is good for one exchange', async () => {
    const token = await approved();
    const used = proof({ key: proofKey, payload: { nonce: await people.nonce() } });
    issued(await exchange(people, token, {}, { proof: used }));
    expectExchangeRefused(await exchange(people, token, {}, { proof: used }), 'invalid_dpop_proof', 'proof_replayed');
  });
});
