import { describe, expect, it } from 'vitest';
import { assertion, ISSUER, proof, thiefKey } from './forge.ts';
import { CALLBACK, CHALLENGE, createPeople, type Fields } from './people.ts';
import { expectRefusal } from './scene.ts';

const REQUEST_URI = /^urn:ietf:params:oauth:request_uri:([A-Za-z0-9_-]{43})$/;

const people = await createPeople();

describe('RFC 9126 §2.2 a request that was pushed', () => {
  it('PAR-2.2-01 C018 gets 201 with request_uri and expires_in, which nobody keeps', async () => {
    const { status, headers, body } = await people.push();
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    expect(body).toEqual({ request_uri: expect.stringMatching(REQUEST_URI), expires_in: 90 });
  });

  it('PAR-2.2-02 PAR-7.1-01 C018 has a reference of 256 bits, of which none is fixed', async () => {
    const seen = new Set<string>();
    const [ones, zeros] = [Buffer.alloc(32, 0), Buffer.alloc(32, 255)];
    for (let i = 0; i < 40; i++) {
      const [, random = ''] = REQUEST_URI.exec(await people.pushed()) ?? [];
      seen.add(random);
      for (const [at, octet] of Buffer.from(random, 'base64url').entries()) {
        ones[at] = (ones[at] ?? 0) | octet;
        zeros[at] = (zeros[at] ?? 0) & octet;
      }
    }
    expect(seen.size).toBe(40);
    expect(ones.toString('hex')).toBe('ff'.repeat(32));
    expect(zeros.toString('hex')).toBe('00'.repeat(32));
  });

  it('FAPI2-5.3.2.1-10 gets the next nonce with a proof, and none without', async () => {
    expect((await people.push()).headers['DPoP-Nonce']).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/);
    expect((await people.push({}, { proof: 'none' })).headers).not.toHaveProperty('DPoP-Nonce');
  });

  it('PAR-2.3-01 FAPI2-5.3.2.1-10 is challenged for a nonce, and then served with the same assertion', async () => {
    const payload = { iat: people.now };
    const once = assertion({ payload: { ...payload, exp: people.now + 60 } });
    const dpop = (nonce?: string) => proof({ payload: { ...payload, htu: `${ISSUER}/par`, nonce } });
    const challenged = await people.push({}, { assertion: once, proof: dpop() });
    expectRefusal(challenged, 'use_dpop_nonce', 'nonce_missing');
    const retried = await people.push({}, { assertion: once, proof: dpop(challenged.headers['DPoP-Nonce']) });
    expect(retried.status).toBe(201);
  });
});

describe('RFC 9126 §2.1 who pushes authenticates as at the token endpoint', () => {
  it.each<[string, Fields, string | undefined]>([
    ['FAPI2-5.3.2.2-04 C015 not at all', {}, undefined],
    ['FAPI2-5.3.2.2-04 C015 by its name alone', { client_id: 'trader' }, undefined],
    ['PAR-7.2-01 C013 by the key of another', {}, assertion({ key: thiefKey })],
    ['PAR-2.1-03 by an assertion with a name beside it that is not its own', { client_id: 'rival' }, assertion()],
    ['FAPI2-5.3.2.2-02 C010 by an assertion that has expired', {}, assertion({ payload: { exp: 1_600_000_000 } })],
  ])('PAR-2.1-03 %s: refused', async (_name, form, given) => {
    expectRefusal(await people.push(form, { assertion: given }), 'invalid_client');
  });

  it('PAR-2.1-03 C016 by a secret: refused', async () => {
    expectRefusal(
      await people.push({ client_id: 'trader', client_secret: 'a' }, { assertion: undefined }),
      'invalid_client',
    );
    const twice = await people.push({ client_secret: 'a' });
    expectRefusal(twice, 'invalid_request', 'client_authentication_ambiguous');
  });

  it('FAPI2-5.3.2.2-02 BCP-2.5-01 by its key: served', async () => {
    expect((await people.push({ client_id: 'trader' })).status).toBe(201);
  });

  it('C014 by an assertion that was used here or at the token endpoint: refused', async () => {
    const once = assertion();
    expect((await people.push({}, { assertion: once })).status).toBe(201);
    expectRefusal(await people.push({}, { assertion: once }), 'invalid_client', 'assertion_replayed');
    const form = { grant_type: 'client_credentials' };
    expectRefusal(await people.send('token', { form, assertion: once }), 'invalid_client', 'assertion_replayed');
  });

  it('C014 by one that was refused for what it asked for: still good', async () => {
    const once = assertion();
    expectRefusal(await people.push({ scope: 'everything' }, { assertion: once }), 'invalid_scope');
    expect((await people.push({}, { assertion: once })).status).toBe(201);
  });
});

describe('RFC 9126 §2 the audience of assertions', () => {
  const audiences = [`${ISSUER}/token`, `${ISSUER}/par`, `${ISSUER}/introspect`, `${ISSUER}/revoke`];
  const by = (aud: unknown) => ({ assertion: assertion({ payload: { aud } }) });

  it('C007 is the issuer', async () => expect((await people.push({}, by(ISSUER))).status).toBe(201));

  it.each([
    ...audiences,
    ...[`${ISSUER}/`, `${ISSUER}/authorize`, 'https://elsewhere.example', [ISSUER], [ISSUER, audiences[1]], undefined],
  ])('PAR-2-03 FAPI2-5.3.2.1-08 C008 is not %j', async (aud) => {
    expectRefusal(await people.push({}, by(aud)), 'invalid_client', 'assertion_audience');
  });

  it('PAR-2-03 is an endpoint too where that is configured, as a string and of this issuer', async () => {
    const open = await createPeople({ assertion_audience: 'endpoints' });
    for (const aud of [ISSUER, ...audiences]) expect((await open.push({}, by(aud))).status).toBe(201);
    for (const aud of [`${ISSUER}/authorize`, `${ISSUER}/userinfo`, [audiences[1]], [ISSUER], undefined]) {
      expectRefusal(await open.push({}, by(aud)), 'invalid_client', 'assertion_audience');
    }
  });
});

describe('RFC 9126 §2.1 how a request is pushed', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'post'])('PAR-2.3-03 C019 not by %s', async (method) => {
    const { status, headers, body } = await people.push({}, { request: { method } });
    expect({ status, allow: headers['Allow'] }).toEqual({ status: 405, allow: 'POST' });
    expect(body).not.toHaveProperty('request_uri');
  });

  it('PAR-2.1-03 C019 not by reference, whatever it refers to', async () => {
    for (const uri of [await people.pushed(), 'https://desk.example/request.jwt', 'a']) {
      expectRefusal(await people.push({ request_uri: uri }), 'invalid_request', 'request_uri_not_taken');
    }
  });

  it.each([
    'state=a',
    'response_type=code',
    'redirect_uri=https%3A%2F%2Fevil.example',
    'dpop_jkt=a&dpop_jkt=b',
    'a=1&a=1',
  ])('C019 not with a parameter twice: %s', async (more) => {
    const form = {
      response_type: 'code',
      redirect_uri: CALLBACK,
      state: 'a',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    };
    const body = `${new URLSearchParams(form)}&${more}`;
    expectRefusal(await people.push({}, { request: { body } }), 'invalid_request', 'form_malformed');
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=a'])('not as %s', async (type) => {
    const request = { headers: ['Content-Type', type] };
    expectRefusal(await people.push({}, { request }), 'invalid_request', 'content_type_unsupported');
  });

  it('ignores parameters that nobody knows', async () => {
    expect((await people.push({ claims: '{}', display: 'page', acr_values: 'a', cnf: '{}' })).status).toBe(201);
  });
});

describe('FAPI 2.0 §5.3.2.2 expires_in', () => {
  it.each([5, 60, 599])('FAPI2-5.3.2.2-12 C018 is what is configured: %d s', async (lifetime) => {
    const short = await createPeople({ pushed_request_lifetime: lifetime });
    expect((await short.push()).body['expires_in']).toBe(lifetime);
  });

  it.each([600, 4, 0, -1, 90.5, '90'])('FAPI2-5.3.2.2-12 PAR-2.2-01 is never %j', async (lifetime) => {
    await expect(createPeople({ pushed_request_lifetime: lifetime })).rejects.toThrow(/pushed_request_lifetime/);
  });
});
