import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { IntrospectionOptions, VerifierOptions } from '@holdfast/verifier';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { CLIENT_ID, IntrospectionScene, type Say } from './introspection-scene.ts';
import { ISSUER, Scene } from './scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

const body =
  (text: string | Uint8Array, status = 200, type = 'application/json'): Say =>
  (_question, response) =>
    void response.writeHead(status, { 'content-type': type }).end(text);

const ACTIVE = '{"active":true}';

/** What an issuer, or something in its place, may answer that says nothing about the token. */
const FAULTS: Readonly<Record<string, Say>> = {
  'status 400: it takes us for nobody (RFC 9701 §5)': body('{"error":"invalid_client"}', 400),
  'status 401: it takes us for nobody (RFC 7662 §2.3)': body('{"error":"invalid_client"}', 401),
  'status 403': body('{"error":"access_denied"}', 403),
  'status 404': body('', 404),
  'status 429': body('', 429),
  'status 500': body('', 500),
  'status 503': body('', 503),
  'status 401 that says inactive': body('{"active":false}', 401),
  'status 500 that says active': body(ACTIVE, 500),
  'status 201 that says active': body(ACTIVE, 201),
  'status 203 that says active': body(ACTIVE, 203),
  'status 206 that says active': body(ACTIVE, 206),
  'status 204': (_question, response) => void response.writeHead(204).end(),
  'an empty body': body(''),
  'a page': body('<html>', 200, 'text/html'),
  'JSON called text': body(ACTIVE, 200, 'text/plain'),
  'JSON called something like JSON': body(ACTIVE, 200, 'application/jsonx'),
  'JSON called nothing': (_question, response) => void response.end(ACTIVE),
  'a page called JSON': body('<html>'),
  'JSON null': body('null'),
  'JSON true': body('true'),
  'a string': body('"active"'),
  'a list': body('[{"active":true}]'),
  'an object without active': body('{}'),
  'an error with status 200': body('{"error":"invalid_client"}'),
  'active in other letters': body('{"Active":true}'),
  'half of an answer': body('{"active":tr'),
  'two answers': body(`${ACTIVE}${ACTIVE}`),
  'octets that are not UTF-8': body(Buffer.from('{"active":true,"sub":"\xff"}', 'latin1')),
  'UTF-16': body(Buffer.from(ACTIVE, 'utf16le')),
  'a body that ends too soon': (_question, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write(ACTIVE, () => response.destroy());
  },
  silence: () => {},
  'a body that never ends': (_question, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).write('{"active":'),
  'a connection that is cut': (_question, response) => response.destroy(),
};

describe('an issuer that says nothing about the token', () => {
  it.each(Object.entries(FAULTS))('%s: 503 within the time limit', async (_what, say) => {
    await using scene = await IntrospectionScene.open(certificates, {}, { timeout: 500 });
    scene.say = say;
    const token = scene.issue();
    const refusal = await scene.refusal({ token });
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, error: 'temporarily_unavailable' });
    expect(refusal.headers).toEqual({ 'Cache-Control': 'no-store', 'Retry-After': '1' });
    expect(scene.questions).toHaveLength(1);
    // It is no word about the token: the next request asks anew
    scene.say = (question, response) => scene.plain(scene.about(question))(question, response);
    await scene.send({ token });
  });

  it.each<[string, Say]>([
    [
      'an answer without end',
      (_question, response) => {
        response.setHeader('content-type', 'application/json');
        const more = () => {
          while (response.write(' '.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      },
    ],
    [
      'a small answer that decompresses to 40 MB',
      (_question, response) => {
        const fields = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
        response.writeHead(200, fields).end(gzipSync(' '.repeat(40 << 20)));
      },
    ],
    ['an answer of 65 kB', body(`{"active":true,"x":"${'x'.repeat(65_536)}"}`)],
  ])('%s: no more is read than an answer can need', async (_what, say) => {
    await using scene = await IntrospectionScene.open(certificates, {}, { timeout: 60_000 });
    scene.say = say;
    const refusal = await scene.refusal({ token: scene.issue() });
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', cause: { detail: 'too large' } });
  });

  it('is hung up on, not only left waiting', async () => {
    await using scene = await IntrospectionScene.open(certificates, {}, { timeout: 250 });
    const closed = new Promise((resolve) => {
      scene.say = (_question, response) => response.once('close', resolve);
    });
    expect(await scene.code({ token: scene.issue() })).toBe('issuer_unavailable');
    await closed;
  });
});

const withoutNetwork = (introspection: Partial<IntrospectionOptions>, options: Partial<VerifierOptions> = {}) =>
  new Scene({
    introspection: {
      endpoint: `${ISSUER}/introspect`,
      clientId: CLIENT_ID,
      authenticate: () => ({}),
      ...introspection,
    },
    timeout: 50,
    ...options,
  });

describe('what the caller brings along', () => {
  const never = () => new Promise<never>(() => {});
  const fail = () => {
    throw new Error('no network');
  };

  it.each<[string, Partial<VerifierOptions>]>([
    ['a fetch that never settles, nor heeds its signal', { fetch: never }],
    ['a fetch that throws', { fetch: fail }],
    ['a fetch that rejects with nothing', { fetch: () => Promise.reject(undefined) }],
    ['a fetch that gives no response', { fetch: async () => undefined as never }],
    ['a fetch that gives less than a response', { fetch: async () => ({ status: 200 }) as never }],
  ])('%s: 503', async (_what, options) => {
    expect(await withoutNetwork({}, options).code({ token: 'opaque' })).toBe('issuer_unavailable');
  });

  it.each<[string, IntrospectionOptions['authenticate']]>([
    ['never answers', never],
    ['throws', fail],
    ['rejects', () => Promise.reject(new Error('no key'))],
    ['gives nothing', () => undefined as never],
    ['gives a field that is none', () => ({ headers: { 'a b': 'c' } })],
  ])('an authentication that %s: 503, and no question', async (_what, authenticate) => {
    await using scene = await IntrospectionScene.open(certificates, { authenticate }, { timeout: 100 });
    expect(await scene.code({ token: scene.issue() })).toBe('issuer_unavailable');
    expect(scene.questions).toEqual([]);
  });
});

describe('the error of a question', () => {
  const everythingIn = (error: Error) =>
    [inspect(error, { depth: null, showHidden: true, getters: true }), JSON.stringify(error), error.stack].join('\n');

  const secrets: Say[] = [
    body('secretAnswer'),
    body('{"active":true,"sub":"secretAnswer'),
    body('{"active":"secretAnswer"}'),
    body('{"active":true,"aud":"secretAnswer"}'),
    body('{"active":true,"aud":"urn:holdfast:venue","exp":"secretAnswer"}'),
    body('secretAnswer', 500),
    body(ACTIVE, 200, 'secretAnswer/type'),
    body('secretAnswer.b.c', 200, 'application/token-introspection+jwt'),
  ];

  it.each(secrets.map((say, i) => [i, say] as const))(
    'BCP-4.9.3-01: holds nothing of it, nor of answer %i',
    async (_i, say) => {
      const authenticate = () => ({ form: { client_secret: 'secretForm' }, headers: { authorization: 'secretField' } });
      await using scene = await IntrospectionScene.open(certificates, { authenticate });
      scene.say = say;
      expect(everythingIn(await scene.refusal({ token: 'secretToken' }))).not.toMatch(/secret(?!s)/i);
      expect(scene.questions[0]?.headers.authorization).toBe('secretField');
    },
  );

  it('BCP-4.9.3-01: holds nothing of a field that cannot be sent', async () => {
    const authenticate = () => ({ headers: { authorization: 'Basic secretField\nsecretLine: x\0' } });
    await using scene = await IntrospectionScene.open(certificates, { authenticate });
    const refusal = await scene.refusal({ token: 'secretToken' });
    expect(refusal.code).toBe('issuer_unavailable');
    expect(everythingIn(refusal)).not.toMatch(/secret(?!s)/i);
    expect(scene.questions).toEqual([]);
  });
});
