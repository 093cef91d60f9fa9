import { describe, expect, it } from 'vitest';
import { ASSERTION_TYPE, assertion, claims, ISSUER, VENUE } from './forge.ts';
import { type Answer, browser, CALLBACK, CHALLENGE, createPeople, DESK, type Fields } from './people.ts';
import { ask, REPORTS, SERVERS } from './questions.ts';

const BOTH = [VENUE, REPORTS];
const ALL = 'orders:read orders:write reports:read';

const people = await createPeople({
  ...SERVERS,
  resources: [
    { resource: VENUE, scope: 'orders:read orders:write positions:read' },
    { resource: REPORTS, scope: 'reports:read positions:read' },
  ],
  clients: [{ ...DESK, scope: `${ALL} positions:read openid offline_access` }],
});

/** A pushed request for several resources, which is several parameters of one name. */
function pushFor(resources: readonly string[], form: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = new URLSearchParams({
    client_assertion: assertion(),
    client_assertion_type: ASSERTION_TYPE,
    response_type: 'code',
    redirect_uri: CALLBACK,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    scope: ALL,
    ...form,
  });
  for (const resource of resources) body.append('resource', resource);
  return people.send('push', { request: { body: body.toString() } });
}

async function codeFor(resources: readonly string[], form: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, body } = await pushFor(resources, form);
  expect(status).toBe(201);
  const its = browser();
  const path = await people.open(its, String(body['request_uri']));
  await people.logIn(its, path);
  const { text } = await people.browse(its, path);
  for (const resource of resources) expect(text).toContain(resource);
  const { headers } = await people.decide(its, path, 'approve');
  return new URL(headers['Location'] ?? '').searchParams.get('code') ?? '';
}

function expectGiven(answer: Answer, aud: string | string[], scope: string): void {
  expect(answer.body).toMatchObject({ scope });
  expect(claims(answer.body['access_token'])).toMatchObject({ aud, scope });
}

function expectRefused({ status, body }: Answer, error: string): void {
  expect({ status, error: body['error'] }).toEqual({ status: 400, error });
  expect(body).not.toHaveProperty('access_token');
}

describe('RFC 8707 §2.2 a token for one of the resources that were granted', () => {
  it.each([
    [VENUE, 'orders:read orders:write'],
    [REPORTS, 'reports:read'],
  ])(
    'RI-2.2-01 RI-2.2-02 RI-2-03 RI-2-05 AT-5-01 the one that is named, with its scopes: %s',
    async (resource, scope) => {
      expectGiven(await people.redeem(await codeFor(BOTH), { resource }), resource, scope);
    },
  );

  it('RI-2.2-01 and the refresh token keeps all of them', async () => {
    const { body } = await people.redeem(await codeFor(BOTH), { resource: REPORTS });
    const refresh = String(body['refresh_token']);
    expectGiven(await people.refresh(refresh, { resource: VENUE }), VENUE, 'orders:read orders:write');
    expectGiven(await people.refresh(refresh, { resource: VENUE, scope: 'orders:read' }), VENUE, 'orders:read');
    expectGiven(await people.refresh(refresh, { resource: REPORTS }), REPORTS, 'reports:read');
    expectGiven(await people.refresh(refresh, { resource: VENUE }), VENUE, 'orders:read orders:write');
  });

  it('RI-2.2-01 the one that a scope points to', async () => {
    const { body } = await people.redeem(await codeFor(BOTH), { scope: 'reports:read' });
    const refresh = String(body['refresh_token']);
    expect(claims(body['access_token'])).toMatchObject({ aud: REPORTS });
    expectGiven(await people.refresh(refresh, { scope: 'orders:write' }), VENUE, 'orders:write');
  });

  it('RI-2-03 AT-5-01 is good at no other', async () => {
    const { body } = await people.redeem(await codeFor(BOTH), { resource: REPORTS });
    expect((await ask(people, body['access_token'])).body).toEqual({ active: false });
    expect((await ask(people, body['access_token'], { by: 'reports-server' })).body).toMatchObject({ active: true });
  });

  it('RI-2.2-01 need not be named where only one was granted', async () => {
    const code = await codeFor([VENUE], { scope: 'orders:read' });
    expectGiven(await people.redeem(code), VENUE, 'orders:read');
    const unnamed = await codeFor([], { scope: 'reports:read' });
    expectGiven(await people.redeem(unnamed), REPORTS, 'reports:read');
  });

  it('AT-2.2.3-02 with what means something to the issuer itself beside it', async () => {
    const code = await codeFor(BOTH, { scope: `${ALL} openid` });
    const answer = await people.redeem(code, { resource: REPORTS });
    expectGiven(answer, [REPORTS, ISSUER], 'reports:read openid');
    const alone = await people.refresh(String(answer.body['refresh_token']), { scope: 'openid' });
    expectGiven(alone, ISSUER, 'openid');
  });
});

describe('RFC 8707 §2 what is refused', () => {
  it('RI-2.1-01 AT-3-03 nothing named where two would fit, and the code is not used up', async () => {
    const code = await codeFor(BOTH);
    expectRefused(await people.redeem(code), 'invalid_target');
    expectGiven(await people.redeem(code, { resource: VENUE }), VENUE, 'orders:read orders:write');
  });

  it('RI-2.1-01 AT-3-03 a scope that both of them have', async () => {
    const code = await codeFor(BOTH, { scope: 'positions:read' });
    expectRefused(await people.redeem(code, { scope: 'positions:read' }), 'invalid_target');
    expectGiven(await people.redeem(code, { resource: REPORTS }), REPORTS, 'positions:read');
  });

  it.each<[string, Fields, string]>([
    ['RI-2-04 RI-2.2-01 one that was not granted', { resource: REPORTS }, 'invalid_target'],
    ['RI-2-04 one of nobody', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['RI-2-04 one with a slash more', { resource: `${VENUE}/` }, 'invalid_target'],
    ['RI-2-04 one with a fragment', { resource: `${VENUE}#a` }, 'invalid_target'],
    ['RI-2-04 one that is relative', { resource: '/orders' }, 'invalid_target'],
    ['RI-2-04 the issuer', { resource: ISSUER }, 'invalid_target'],
    ['AT-3-04 a scope of another one', { scope: 'reports:read' }, 'invalid_scope'],
    ['AT-2.2.3-02 a scope of another one with it', { resource: VENUE, scope: 'reports:read' }, 'invalid_scope'],
  ])('%s: in a token request, and in a refresh', async (_what, form, error) => {
    const code = await codeFor([VENUE], { scope: 'orders:read' });
    expectRefused(await people.redeem(code, form), error);
    const { body } = await people.redeem(code);
    expectRefused(await people.refresh(String(body['refresh_token']), form), error);
  });

  it('RI-2-05 two for one token', async () => {
    const code = await codeFor(BOTH);
    const body = new URLSearchParams({
      client_assertion: assertion(),
      client_assertion_type: ASSERTION_TYPE,
      ...{ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: 'a'.repeat(43) },
    });
    for (const resource of BOTH) body.append('resource', resource);
    expectRefused(await people.send('token', { request: { body: body.toString() } }), 'invalid_target');
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    ['RI-2-04 one of nobody', ['https://elsewhere.example'], {}, 'invalid_target'],
    ['RI-2-04 one of nobody among others', [...BOTH, 'https://elsewhere.example'], {}, 'invalid_target'],
    ['RI-2-04 one with a fragment', [`${VENUE}#a`], {}, 'invalid_target'],
    ['RI-2-04 one that is no URI', ['orders'], {}, 'invalid_target'],
    ['RI-2-04 more than ten', Array.from({ length: 11 }, () => VENUE), { scope: 'orders:read' }, 'invalid_target'],
    ['AT-2.2.3-02 a scope that none of them has', [VENUE], {}, 'invalid_scope'],
  ])('%s: where it is pushed', async (_what, resources, form, error) => {
    expectRefused(await pushFor(resources, form), error);
  });

  it('RI-2.2-01 one that nothing was granted for', async () => {
    const code = await codeFor(BOTH, { scope: 'orders:read' });
    expectRefused(await people.redeem(code, { resource: REPORTS }), 'invalid_scope');
    expectGiven(await people.redeem(code, { resource: VENUE }), VENUE, 'orders:read');
  });

  it('RI-2-05 an empty one is none, and one that is there twice is one', async () => {
    const code = await codeFor([VENUE, VENUE], { scope: 'orders:read' });
    expectGiven(await people.redeem(code, { resource: '' }), VENUE, 'orders:read');
  });
});
