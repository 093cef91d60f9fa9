import { createVerifier, type IntrospectionOptions } from '@holdfast/verifier';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { CLIENT_ID, ENDPOINT, IntrospectionScene } from './introspection-scene.ts';
import { type Answer, json, METADATA, status } from './issuer-server.ts';
import { AUDIENCE, ISSUER, ORIGIN, Scene } from './scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

describe('RFC 7662 §2.1 the question', () => {
  it('INTRO-2.1-01: is a form in the body of a POST, with the token and what kind it is', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const token = scene.issue();
    await scene.send({ token });
    expect(scene.questions).toHaveLength(1);
    expect(scene.questions[0]).toMatchObject({
      method: 'POST',
      body: `token=${token}&token_type_hint=access_token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('INTRO-2.1-01: carries every token that a request can carry, letter by letter', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    for (const token of ['a', 'a.b', 'a.b.c.d', '-._~+/==', 'eyJhbGciOiJub25lIn0', 'x'.repeat(8000)]) {
      expect(await scene.code({ token })).toBe('token_inactive');
    }
    expect(scene.asked).toEqual(['a', 'a.b', 'a.b.c.d', '-._~+/==', 'eyJhbGciOiJub25lIn0', 'x'.repeat(8000)]);
  });

  it('DPOP-6.2-03: holds nothing of the proof or the request that came with the token', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const message = await scene.message({ token: scene.issue(), target: '/orders?account=7', fields: ['X-Own', 'y'] });
    await scene.verifier.verify(message);
    const [question] = scene.questions;
    const names = question?.rawHeaders.filter((_each, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names).not.toEqual(expect.arrayContaining(['dpop']));
    expect(names).not.toEqual(expect.arrayContaining(['authorization']));
    const everything = `${question?.rawHeaders.join('\n')}\n${question?.body}`;
    const proof = message.headers[message.headers.indexOf('DPoP') + 1] ?? '';
    for (const piece of [...proof.split('.'), scene.client.jkt, '/orders', 'X-Own']) {
      expect(everything).not.toContain(piece);
    }
  });

  it.each([
    [undefined, 'application/token-introspection+jwt, application/json;q=0.9'],
    [true, 'application/token-introspection+jwt'],
    [false, 'application/json'],
  ])('JIR-4-01: asks for what is accepted: signed %s', async (signed, accept) => {
    await using scene = await IntrospectionScene.open(certificates, signed === undefined ? {} : { signed });
    await scene.code({ token: 'unknown' });
    expect(scene.questions[0]?.headers.accept).toBe(accept);
  });

  it('JIR-4-01: is asked by the options for introspection, not by others of the same name', async () => {
    const others = { signed: false, clientId: 'somebody', endpoint: 'https://elsewhere.example/introspect' };
    await using scene = await IntrospectionScene.open(certificates, { signed: true }, others as object);
    await scene.code({ token: 'unknown' });
    expect(scene.questions[0]?.headers.accept).toBe('application/token-introspection+jwt');
  });

  it('cannot be changed by what authenticates it', async () => {
    const form = { token: 'other', token_type_hint: 'refresh_token', extra: 'a b&c' };
    const headers = { Accept: 'text/html', 'Content-Type': 'text/plain', 'X-Extra': 'yes' };
    await using scene = await IntrospectionScene.open(certificates, { authenticate: async () => ({ form, headers }) });
    const token = scene.issue();
    await scene.send({ token });
    const [question] = scene.questions;
    expect(Object.fromEntries(question?.form ?? [])).toEqual({
      token,
      token_type_hint: 'access_token',
      extra: 'a b&c',
    });
    expect(question?.form.getAll('token')).toEqual([token]);
    expect(question?.headers).toMatchObject({
      accept: 'application/token-introspection+jwt, application/json;q=0.9',
      'content-type': 'application/x-www-form-urlencoded',
      'x-extra': 'yes',
    });
  });

  it('is about no JWT: that is verified here, beside it', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    await scene.send({ token: { payload: { iss: scene.server.issuer } } });
    expect(await scene.code({ token: 'a.b.c' })).toBe('token_malformed');
    await scene.send({ token: scene.issue() });
    expect(scene.asked).toHaveLength(1);
  });

  it('is not asked when introspection is not configured', async () => {
    await using scene = await IntrospectionScene.open(certificates, {}, { introspection: undefined as never });
    expect(await scene.code({ token: scene.issue() })).toBe('token_malformed');
    expect(scene.server.asked).toEqual([]);
  });
});

describe('where the question goes', () => {
  it('is in the metadata of the issuer, which is fetched once for 100 concurrent requests and kept', async () => {
    await using scene = await IntrospectionScene.open(certificates, { concurrency: 100 });
    const messages = await Promise.all(Array.from({ length: 100 }, () => scene.message({ token: scene.issue() })));
    await Promise.all(messages.map((message) => scene.verifier.verify(message)));
    scene.wait(599);
    await scene.send({ token: scene.issue() });
    expect(scene.server.asked.filter((path) => path === METADATA)).toHaveLength(1);
    scene.wait(1);
    await scene.send({ token: scene.issue({ exp: scene.now + 1 }) });
    expect(scene.server.asked.filter((path) => path === METADATA)).toHaveLength(2);
    expect(scene.questions).toHaveLength(102);
  });

  it('was given, and then no metadata is asked for', async () => {
    await using other = await IntrospectionScene.open(certificates);
    const endpoint = `${other.server.issuer}${ENDPOINT}`;
    await using scene = await IntrospectionScene.open(certificates, { endpoint });
    const token = scene.issue();
    other.say = other.plain(scene.known.get(token));
    await scene.send({ token });
    expect(other.asked).toEqual([token]);
    expect(scene.server.asked).toEqual([]);
  });

  it('is asked for again after a second, not at once, while the metadata cannot be had', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const metadata = scene.server.answers[METADATA] as Answer;
    scene.server.answers[METADATA] = status(500);
    const token = scene.issue();
    for (let i = 0; i < 5; i += 1) expect(await scene.code({ token })).toBe('issuer_unavailable');
    expect(scene.server.asked).toEqual([METADATA]);
    scene.server.answers[METADATA] = metadata;
    scene.wait(1);
    await scene.send({ token });
    expect(scene.server.asked).toEqual([METADATA, METADATA, ENDPOINT]);
  });

  const at = (issuer: string) => issuer.replace('https:', 'http:');
  it.each<[string, (issuer: string) => object]>([
    ['none', () => ({})],
    ['another issuer', (issuer) => ({ issuer: `${issuer}/`, introspection_endpoint: issuer + ENDPOINT })],
    ['one over http', (issuer) => ({ introspection_endpoint: at(issuer) + ENDPOINT })],
    ['one in capitals', (issuer) => ({ introspection_endpoint: issuer.replace('https', 'HTTPS') + ENDPOINT })],
    ['a path', () => ({ introspection_endpoint: ENDPOINT })],
    ['a list', (issuer) => ({ introspection_endpoint: [issuer + ENDPOINT] })],
    ['data', () => ({ introspection_endpoint: 'data:application/json,{"active":true}' })],
  ])('INTRO-4-03: is nowhere, when the metadata names %s', async (_what, members) => {
    await using scene = await IntrospectionScene.open(certificates);
    const { issuer } = scene.server;
    scene.server.answers[METADATA] = json({ issuer, jwks_uri: `${issuer}/jwks`, ...members(issuer) });
    expect(await scene.code({ token: scene.issue() })).toBe('issuer_unavailable');
    expect(scene.questions).toEqual([]);
  });

  it('INTRO-4-03: is no server that the authority does not vouch for', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const endpoint = `${scene.server.issuer}${ENDPOINT}`;
    await using untrusting = await IntrospectionScene.open(certificates, { endpoint }, { fetch: globalThis.fetch });
    expect(await untrusting.code({ token: scene.issue() })).toBe('issuer_unavailable');
    await using elsewhere = await IntrospectionScene.open(await makeCertificates(), { endpoint });
    expect(await elsewhere.code({ token: scene.issue() })).toBe('issuer_unavailable');
    expect(scene.questions).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])('is where no redirect leads: status %i', async (code) => {
    await using scene = await IntrospectionScene.open(certificates);
    scene.say = (_question, response) => void response.writeHead(code, { location: '/moved' }).end();
    scene.server.answers['/moved'] = json({ active: true });
    expect(await scene.code({ token: scene.issue() })).toBe('issuer_unavailable');
    expect(scene.server.asked).not.toContain('/moved');
  });

  it('of several issuers is the one that introspects; the others keep to their JWTs', async () => {
    await using introspecting = await IntrospectionScene.open(certificates);
    await using other = await IntrospectionScene.open(certificates);
    const { issuer, fetch } = introspecting.server;
    const introspection = { authenticate: () => ({}), clientId: CLIENT_ID };
    const issuers = [{ issuer: other.server.issuer }, { issuer, introspection }];
    const keys = { issuer: other.issuerKey, client: other.client };
    const scene = new Scene({ issuer: issuers, jwks: undefined as never, fetch }, keys);
    const token = introspecting.issue();
    expect(await scene.send({ token })).toMatchObject({ issuer });
    for (const iss of [issuer, other.server.issuer]) {
      expect(await scene.send({ token: { payload: { iss } } })).toMatchObject({ issuer: iss });
    }
    expect(introspecting.asked).toEqual([token]);
    expect(other.asked).toEqual([]);
  });
});

describe('settings that would open the door stop the start', () => {
  const create = (introspection: Record<string, unknown>, issuer: unknown = ISSUER) =>
    createVerifier({
      issuer: issuer as string,
      audience: AUDIENCE,
      origin: ORIGIN,
      jwks: { keys: [] },
      introspection: { authenticate: () => ({}), clientId: CLIENT_ID, ...introspection } as IntrospectionOptions,
    });

  it.each([
    ['authenticate', undefined],
    ['authenticate', { headers: {} }],
    ['clientId', undefined],
    ['clientId', ''],
    ['clientId', [CLIENT_ID]],
    ['ttl', Number.NaN],
    ['ttl', -1],
    ['ttl', 0.5],
    ['ttl', '30'],
    ['ttl', Number.POSITIVE_INFINITY],
    ['signed', 'true'],
    ['signed', null],
    ['concurrency', 0],
    ['concurrency', Number.NaN],
    ['concurrency', '64'],
    ['endpoint', 'http://issuer.example/introspect'],
    ['endpoint', 'https://'],
    ['endpoint', '/introspect'],
    ['endpoint', 'https://issuer.example/introspect#a'],
    ['endpoint', ''],
  ])('%s = %j', (name, value) => {
    expect(() => create({ [name]: value })).toThrow(TypeError);
  });

  it('an issuer without metadata, unless the endpoint is given', () => {
    expect(() => create({}, 'urn:issuer')).toThrow(TypeError);
    expect(() => create({ endpoint: 'https://issuer.example/introspect' }, 'urn:issuer')).not.toThrow();
  });

  it('two issuers that introspect: a token of one is not shown to the other', () => {
    const introspection = { authenticate: () => ({}), clientId: CLIENT_ID };
    const issuer = [`${ISSUER}/a`, `${ISSUER}/b`].map((each) => ({ issuer: each, introspection }));
    expect(() => createVerifier({ issuer, audience: AUDIENCE, origin: ORIGIN })).toThrow(TypeError);
  });
});
