import { Readable } from 'node:stream';
import { generateKey, type HttpMessage, type ProofKey } from '@holdfast/proof';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { type Signing, signed } from './sign-by-hand.ts';
import { type Answer, LIMIT, SIGNING_ADAPTERS, type SigningAdapter, send, serveSigned } from './signing-servers.ts';
import { judgeAnswer } from './verify-by-hand.ts';

const BODY = '{"side":"buy","quantity":100}';
const key = await generateKey();
const options = { metadata: {}, responseSigning: { key } };
const scene = new Scene(options);

async function order(
  changes: Partial<Signing> & { method?: string; target?: string; fields?: readonly string[] } = {},
) {
  const { method = 'POST', target = '/signed', fields = ['Content-Type', 'application/json'], ...signing } = changes;
  const body = method === 'POST' ? { body: BODY } : {};
  const bare = await scene.message({ method, target, fields });
  const signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };
  return signed(bare, signer, { created: scene.now, ...body, ...signing });
}

const judge = (answer: Answer, request: HttpMessage, by: ProofKey = key) => judgeAnswer(answer, request, by.publicJwk);

const OF_REQUEST = [
  '@method',
  '@target-uri',
  'authorization',
  'dpop',
  'content-digest',
  'signature',
  'signature-input',
];

describe.each(SIGNING_ADAPTERS)('behind %s', (adapter) => {
  it('FAPISIG-5.3.2.1-01, FAPISIG-5.3.2.1-02, FAPISIG-5.3.2.1-03 an answer is signed over what was asked', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await order();
    const answer = await send(server.port, request, BODY);
    const { covered, isGood } = judge(answer, request) ?? {};
    expect(answer.status).toBe(200);
    expect(isGood).toBe(true);
    expect(covered).toEqual(['"@status"', '"content-digest"', ...OF_REQUEST.map((name) => `"${name}";req`)]);
  });

  it('FAPISIG-5.3.2.1-04, FAPISIG-5.3.2.1-05, FAPISIG-5.3.2.1-06, FAPISIG-5.3.2.1-07 with status, body and time', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await order();
    const answer = await send(server.port, request, BODY);
    const { covered, parameters, isWhole } = judge(answer, request) ?? {};
    expect(covered).toEqual(expect.arrayContaining(['"@status"', '"content-digest"']));
    expect(parameters).toEqual({ created: String(scene.now), keyid: `"${key.jkt}"`, tag: '"fapi-2-response"' });
    expect(isWhole).toBe(true);
  });

  it('SIG-2.4-01 covers whatever else the request has signed', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const more = ['"x-note"', '"@authority"', '"x-other";bs'];
    const fields = ['X-Note', 'a', 'X-Other', 'b'];
    const request = await order({ fields, more, values: { ...AUTHORITY, '"x-other";bs': ':Yg==:' } });
    const { covered, isGood } = judge(await send(server.port, request, BODY), request) ?? {};
    expect(isGood).toBe(true);
    expect(covered).toEqual(expect.arrayContaining(['"x-note";req', '"@authority";req']));
    // But for what strangers could have us resolve at length
    expect(covered?.join()).not.toContain('x-other');
  });

  it.each([
    ['an altered body', {}, 'digest_mismatch'],
    ['a false signature', { values: { '"@method"': 'PUT' } }, 'signature_invalid'],
    ['no digest', { digest: undefined, fields: ['Transfer-Encoding', 'chunked'] }, 'signature_coverage'],
    ['fields that nobody can read', { parameters: ';created=1;created=2' }, 'signature_malformed'],
  ] as const)('FAPISIG-5.3.2.1-01 a refusal of %s is signed too', async (_, changes, code) => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await order(changes);
    const answer = await send(server.port, request, `${BODY} `);
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body.toString()).code).toMatch(new RegExp(`^(?:${code})$`));
    expect(judge(answer, request)).toMatchObject({ isGood: true, isWhole: true });
  });

  it('FAPISIG-5.3.2.1-01 so is a nonce challenge, which else a hop could forge to have an order sent twice', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const token = scene.token();
    const proof = await scene.proof(token, {
      payload: { htm: 'POST', htu: 'https://venue.example/signed', nonce: 'x' },
    });
    const bare = await scene.message({ method: 'POST', target: '/signed', token, proof });
    const signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };
    const request = signed(bare, signer, { created: scene.now, body: BODY });
    const answer = await send(server.port, request, BODY);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('use_dpop_nonce'),
    ]);
    expect(judge(answer, request)).toMatchObject({ isGood: true, isWhole: true });
  });

  it('FAPISIG-5.3.2.1-01 and a body that is too large', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await order();
    const answer = await send(server.port, request, 'x'.repeat(LIMIT + 1));
    expect(answer.status).toBe(413);
    expect(judge(answer, request)).toMatchObject({ isGood: true, isWhole: true });
  });

  it('FAPISIG-5.3.2.1-07 has no digest in the head of a refusal that has no body', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await order({ method: 'HEAD', fields: [], values: { '"@method"': 'GET' } });
    const answer = await send(server.port, request);
    const { isGood, covered } = judge(answer, request) ?? {};
    expect([answer.status, isGood, covered?.includes('"content-digest"')]).toEqual([401, true, false]);
  });

  it('gives strangers no signature: it would be made for nothing', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const bare = await scene.message({ method: 'POST', target: '/signed' });
    const half = { ...bare, headers: [...bare.headers, 'Signature', 'sig=:AA==:'] };
    for (const request of [bare, half]) {
      const answer = await send(server.port, request);
      expect([answer.status, judge(answer, request)]).toEqual([401, undefined]);
    }
  });

  it('signs nothing unless it was told to', async () => {
    const quiet = new Scene({}, { issuer: scene.issuerKey, client: scene.client });
    await using server = await serveSigned(adapter, quiet.verifier);
    const bare = await quiet.message({ method: 'GET', target: '/signed' });
    const request = signed(
      bare,
      { privateKey: quiet.client.privateKey, keyid: quiet.client.jkt },
      { created: quiet.now },
    );
    const answer = await send(server.port, request);
    expect([answer.status, judge(answer, request)]).toEqual([200, undefined]);
  });

  it('FAPISIG-5.3.2.1-01 publishes the key where its metadata says', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const get = async (url: string) => {
      const path = url.replace('https://venue.example', '');
      const { status, body } = await send(server.port, { method: 'GET', target: path, headers: [] });
      return { status, ...JSON.parse(body.toString()) };
    };
    const { jwks_uri: uri } = await get('/.well-known/oauth-protected-resource');
    expect(uri).toBe('https://venue.example/.well-known/holdfast-jwks');
    expect(await get(uri)).toEqual({
      status: 200,
      keys: [{ ...key.publicJwk, kid: key.jkt, use: 'sig', alg: 'ES256' }],
    });
  });
});

const AUTHORITY = { '"@authority"': 'venue.example' };

describe('Fastify', () => {
  const serve = (routes: (app: FastifyInstance) => void, by = scene, adapter: SigningAdapter = 'fastify') =>
    serveSigned(adapter, by.verifier, { routes });
  const NEEDS = { scope: [], signature: 'required' } as const;
  const get = (target: string, method = 'GET') => order({ method, target, fields: [] });

  it('FAPISIG-5.3.2.1-01 signs what a handler throws, and what no handler was there for', async () => {
    await using server = await serve((app) => {
      app.get('/throws', { config: NEEDS }, async () => {
        throw new Error('x');
      });
      app.get('/buffer', { config: NEEDS }, async () => Buffer.from('octets'));
    });
    for (const [target, status] of [
      ['/throws', 500],
      ['/buffer', 200],
    ] as const) {
      const request = await get(target);
      const answer = await send(server.port, request);
      expect([answer.status, judge(answer, request)]).toEqual([
        status,
        expect.objectContaining({ isGood: true, isWhole: true }),
      ]);
    }
  });

  it.each([
    ['HEAD', 200],
    ['DELETE', 204],
    ['POST', 204],
  ])('FAPISIG-5.3.2.1-07 an answer to %s without a body has no digest', async (method, status) => {
    await using server = await serve((app) => {
      app.get('/none', { config: NEEDS }, async () => 'x');
      app.delete('/none', { config: NEEDS }, async (_, reply) => reply.code(204).send());
      app.post('/none', { config: NEEDS }, async (_, reply) => reply.code(204).send('dropped'));
    });
    const request = await order({ target: '/none', method });
    const answer = await send(server.port, request, method === 'POST' ? BODY : undefined);
    const { isGood, covered } = judge(answer, request) ?? {};
    expect([answer.status, isGood, covered?.includes('"content-digest"')]).toEqual([status, true, false]);
    expect(answer.headers).not.toHaveProperty('content-digest');
  });

  it('answers 500 where a reply is a stream, which cannot be signed before it is sent', async () => {
    await using server = await serve((app) => {
      app.get('/stream', { config: NEEDS }, async () => Readable.from(['secret']));
    });
    const request = await get('/stream');
    const answer = await send(server.port, request);
    expect([answer.status, answer.body.includes('secret')]).toEqual([500, false]);
    expect(judge(answer, request)).toMatchObject({ isGood: true, isWhole: true });
  });

  it('answers 500 and no more where the key does not sign', async () => {
    const broken = { ...key, sign: () => Promise.reject(new Error('the vault is closed')) };
    const dark = new Scene(
      { metadata: {}, responseSigning: { key: broken } },
      { issuer: scene.issuerKey, client: scene.client },
    );
    for (const adapter of ['fastify', 'hono'] as const) {
      await using server = await serveSigned(adapter, dark.verifier);
      const bare = await dark.message({ method: 'GET', target: '/signed' });
      const request = signed(
        bare,
        { privateKey: dark.client.privateKey, keyid: dark.client.jkt },
        { created: dark.now },
      );
      const answer = await send(server.port, request);
      expect([answer.status, answer.body.includes('vault'), judge(answer, request)]).toEqual([500, false, undefined]);
    }
  });

  it('leaves routes alone that need no signature', async () => {
    await using server = await serve((app) => {
      app.get('/plain', { config: { scope: [] } }, async () => Readable.from(['a stream']));
    });
    const request = await get('/plain');
    const answer = await send(server.port, request);
    expect([answer.status, answer.body.toString(), judge(answer, request)]).toEqual([200, 'a stream', undefined]);
  });

  it('does not start with a signature that it does not know, nor with one of a public route', async () => {
    const wrong = [
      { scope: [], signature: 'always' },
      { public: true, signature: 'required' },
      { signature: 'required' },
    ];
    for (const config of wrong) {
      await expect(serve((app) => app.get('/x', { config: config as never }, async () => 'x'))).rejects.toThrow(
        TypeError,
      );
    }
  });
});

describe('the option', () => {
  it.each([
    [{ responseSigning: { key } }, 'metadata'],
    [{ metadata: {}, responseSigning: {} }, 'a key that signs'],
    [{ metadata: {}, responseSigning: null }, 'a key that signs'],
  ])('responseSigning is refused: %j', (wrong, why) => {
    expect(() => new Scene(wrong as never)).toThrow(why);
  });

  it('the key may have a name of its own, and belongs to the resource where that has a path', () => {
    const { verifier } = new Scene({
      origin: 'https://venue.example/eu',
      metadata: {},
      responseSigning: { key, keyid: 'venue-1' },
    });
    expect(verifier.responseKeys).toMatchObject({
      path: '/.well-known/holdfast-jwks/eu',
      url: 'https://venue.example/.well-known/holdfast-jwks/eu',
      document: { keys: [{ kid: 'venue-1' }] },
    });
  });

  it('publishes nothing private', () => {
    expect(JSON.stringify(scene.verifier.responseKeys)).not.toContain('"d"');
  });
});
