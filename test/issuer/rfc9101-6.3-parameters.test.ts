import { describe, expect, it } from 'vitest';
import type { Members } from '../proof/forge.ts';
import { claims, type Forgery, VENUE } from './forge.ts';
import { type Answer, browser, CALLBACK, CHALLENGE, createPeople, type Fields, ORDER } from './people.ts';
import { REPORTS, SERVERS } from './questions.ts';
import { expectPushed, expectRequestRefused, requestObject } from './request-objects.ts';

const people = await createPeople(SERVERS);
const push = (forgery: Forgery = {}, outside: Fields = {}) =>
  people.send('push', { form: { request: requestObject(forgery), ...outside }, proof: 'none' });

/** What the browser of a person who approves brings back. */
async function answered(answer: Answer): Promise<URL> {
  expectPushed(answer);
  const its = browser();
  const path = await people.open(its, String(answer.body['request_uri']));
  await people.logIn(its, path);
  return new URL((await people.decide(its, path, 'approve')).headers['Location'] ?? '');
}

describe('RFC 9101 §6.3 what is inside counts, and nothing else', () => {
  it('JOSE-9101-6.3-01 C058 state, nonce and redirect_uri beside it change nothing', async () => {
    const inside = { nonce: 'inside', scope: 'openid orders:read' };
    const outside = { state: 'outside', nonce: 'outside', redirect_uri: 'https://desk.example/other', scope: 'openid' };
    const url = await answered(await push({ payload: inside }, outside));
    expect(url.href.startsWith(`${CALLBACK}&`)).toBe(true);
    expect(url.searchParams.get('state')).toBe('inside');
    const { body } = await people.redeem(url.searchParams.get('code') ?? '');
    expect(body['scope']).toBe('openid orders:read');
    expect(claims(body['id_token'])).toMatchObject({ nonce: 'inside' });
  });

  it('JOSE-9101-6.3-01 C058 a state and a nonce that are only beside it are not there', async () => {
    const outside = { state: 'outside', nonce: 'outside', response_mode: 'jwt', dpop_jkt: 'A'.repeat(43) };
    const url = await answered(await push({ payload: { state: undefined, scope: 'openid' } }, outside));
    expect(url.searchParams.has('state')).toBe(false);
    expect(url.searchParams.has('response')).toBe(false);
    // dpop_jkt of nobody's key: it did not bind the code
    const { body } = await people.redeem(url.searchParams.get('code') ?? '');
    expect(claims(body['id_token'])).not.toHaveProperty('nonce');
  });

  it.each<[string, Fields, string, string]>([
    ['redirect_uri', { redirect_uri: CALLBACK }, 'redirect_uri_missing', 'invalid_request'],
    ['response_type', { response_type: 'code' }, 'parameter_malformed', 'invalid_request'],
    ['code_challenge', { code_challenge: CHALLENGE }, 'challenge_missing', 'invalid_request'],
    ['code_challenge_method', { code_challenge_method: 'S256' }, 'challenge_method', 'invalid_request'],
  ])('JOSE-9101-6.3-01 C058 a %s that is only beside it is missing', async (name, outside, code, error) => {
    expectRequestRefused(await push({ payload: { [name]: undefined } }, outside), code, error);
  });

  it('JOSE-9101-6.3-01 scope, resource and authorization_details beside it ask for nothing', async () => {
    const outside = {
      scope: 'orders:read orders:write',
      resource: 'https://elsewhere.example',
      authorization_details: 'no JSON',
    };
    const url = await answered(await push({ payload: { scope: 'orders:read' } }, outside));
    const { body } = await people.redeem(url.searchParams.get('code') ?? '');
    expect(body).toMatchObject({ scope: 'orders:read' });
    expect(body).not.toHaveProperty('authorization_details');
  });

  it('JOSE-9101-6.3-01 another client_id beside it is another client, which did not authenticate', async () => {
    const { status, body } = await push({}, { client_id: 'rival' });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
    expectPushed(await push({}, { client_id: 'trader' }));
  });

  it.each<[string, Members, string, string]>([
    [
      'a redirect_uri that is not registered',
      { redirect_uri: 'https://thief.example/' },
      'redirect_uri_unregistered',
      'invalid_request',
    ],
    ['another response_type', { response_type: 'token' }, 'response_type', 'unsupported_response_type'],
    ['another response_mode', { response_mode: 'fragment' }, 'response_mode', 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'challenge_method', 'invalid_request'],
    ['too much scope', { scope: 'orders:read reports:read' }, 'scope_invalid', 'invalid_scope'],
    ['an unknown resource', { resource: 'https://elsewhere.example' }, 'resource_invalid', 'invalid_target'],
    [
      'unknown details',
      { authorization_details: [{ type: 'x' }] },
      'authorization_details_invalid',
      'invalid_authorization_details',
    ],
    ['a state that is too long', { state: 'x'.repeat(1025) }, 'parameter_malformed', 'invalid_request'],
  ])('JOSE-9101-6.3-01 asking for %s is refused as in the open', async (_what, payload, code, error) => {
    expectRequestRefused(await push({ payload }), code, error);
  });

  it('RFC 9101 §4 JSON stays JSON, and lists are lists', async () => {
    const payload = { authorization_details: [ORDER], resource: [VENUE, REPORTS] };
    expectPushed(await push({ payload }));
    expectPushed(await push({ payload: { resource: VENUE } }));
    const text = { authorization_details: JSON.stringify([ORDER]) };
    expectRequestRefused(
      await push({ payload: text }),
      'authorization_details_invalid',
      'invalid_authorization_details',
    );
  });

  it.each<[string, Members]>([
    ['a list', { state: ['a'] }],
    ['an object', { nonce: {} }],
    ['true', { scope: true }],
    ['null', { redirect_uri: null }],
    ['a list of numbers', { resource: [1] }],
  ])('a parameter that is %s is refused', async (_what, payload) => {
    expectRequestRefused(await push({ payload }), 'request_object_claims');
  });
});
