import { beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, type Adapter, type ServedBy, serve } from './adapted-servers.ts';
import { parseChallenges } from './challenge-parser.ts';
import { Scene } from './scene.ts';

/** A request, field by field as its octets are sent. `TOKEN`, `PROOF` and `PROOF2` stand for good ones. */
async function send(
  server: ServedBy,
  scene: Scene,
  fields: readonly string[],
  line = 'GET /orders HTTP/1.1',
  body = '',
): Promise<Reply> {
  const token = scene.token();
  const [htm] = line.split(' ');
  const proof = () => scene.proof(token, { payload: htm === 'get' ? {} : { htm } });
  const [first, another] = await Promise.all([proof(), proof()]);
  const filled = fields.map((field) =>
    field.replace('TOKEN', token).replace('PROOF2', another).replace('PROOF', first),
  );
  const head = [line, 'Host: venue.example', ...filled, 'Connection: close'];
  return read(await server.exchange(`${head.join('\r\n')}\r\n\r\n${body}`));
}

interface Reply {
  readonly status: number;
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

function read(octets: string): Reply {
  const [head = '', body = ''] = octets.split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value]);
  }
  return { status: Number(statusLine.split(' ')[1]), fields, body };
}

const GOOD = ['Authorization: DPoP TOKEN', 'DPoP: PROOF'];
const scene = new Scene();

describe.each(ADAPTERS)('%s', (adapter) => {
  let server: ServedBy;
  const isWeb = adapter === 'hono'; // where `Headers` has joined fields of one name

  beforeAll(async () => {
    server = await serve(adapter, scene.verifier);
    return () => server[Symbol.asyncDispose]();
  });

  describe('C069 good requests', () => {
    it.each([
      ['as usual', GOOD],
      ['names in capitals', ['AUTHORIZATION: DPOP TOKEN', 'DPOP: PROOF']],
      ['names in small letters', ['authorization: dpop TOKEN', 'dpop: PROOF']],
      ['fields in another order', ['DPoP: PROOF', 'X: y', 'Authorization: DPoP TOKEN']],
      ['white space around values', ['Authorization:   DPoP TOKEN  ', 'DPoP:\tPROOF \t']],
      ['none before the values', ['Authorization:DPoP TOKEN', 'DPoP:PROOF']],
      ['fields that look alike', [...GOOD, 'DPoP2: x', 'X-DPoP: x', 'Authorization_: x']],
      ['octets beyond ASCII in a field of somebody else', [...GOOD, 'X: \u00ff\u0080']],
    ])('DPOP-4.1-02 %s', async (_what, fields) => {
      expect(await send(server, scene, fields)).toMatchObject({ status: 200, body: '{"client":"client-1"}' });
    });
  });

  describe('N8 what HTTP libraries hide', () => {
    const twice = isWeb ? 'credentials_malformed' : 'credentials_duplicated';

    it.each([
      ['DPOP-4.3-01 two DPoP fields', [...GOOD, 'DPoP: PROOF2'], 401, 'proof_duplicated'],
      ['DPOP-4.3-01 two with one proof', [...GOOD, 'dpop: PROOF'], 401, 'proof_duplicated'],
      ['DPOP-4.3-01 an empty second one', [...GOOD, 'DPoP:'], 401, 'proof_duplicated'],
      ['DPOP-4.3-01 two in one field', ['Authorization: DPoP TOKEN', 'DPoP: PROOF, PROOF2'], 401, 'proof_duplicated'],
      ['DPOP-4.3-02 an empty field', ['Authorization: DPoP TOKEN', 'DPoP:'], 401, 'proof_malformed'],
      ['two Authorization fields', [...GOOD, 'Authorization: DPoP TOKEN'], 400, twice],
      ['a second one in small letters', [...GOOD, 'authorization: Bearer TOKEN'], 400, twice],
      ['a second one that is empty', [...GOOD, 'Authorization:'], 400, twice],
      ['a first one that is empty', ['Authorization:', ...GOOD], 400, twice],
      [
        'two credentials in one field',
        ['Authorization: DPoP TOKEN, DPoP TOKEN', 'DPoP: PROOF'],
        400,
        'credentials_malformed',
      ],
      [
        'GHSA-gv94-wp4h-vv8p a tab after the scheme',
        ['Authorization: DPoP\tTOKEN', 'DPoP: PROOF'],
        400,
        'credentials_malformed',
      ],
      ['a tab within the token', ['Authorization: DPoP TOKEN\tx', 'DPoP: PROOF'], 400, 'credentials_malformed'],
      ['a no-break space', ['Authorization: DPoP \u00a0TOKEN', 'DPoP: PROOF'], 400, 'credentials_malformed'],
      ['obs-text behind the token', ['Authorization: DPoP TOKEN\u00ff', 'DPoP: PROOF'], 400, 'credentials_malformed'],
      ['obs-text behind the proof', ['Authorization: DPoP TOKEN', 'DPoP: PROOF\u00ff'], 401, 'proof_malformed'],
      [
        'a lone surrogate, as UTF-8 would write it',
        ['Authorization: DPoP TOKEN\u00ed\u00a0\u0080', 'DPoP: PROOF'],
        400,
        'credentials_malformed',
      ],
      ['DPOP-4-02 a proof alone', ['DPoP: PROOF'], 401, 'credentials_missing'],
      ['DPOP-7.1-03 a token alone', ['Authorization: DPoP TOKEN'], 401, 'proof_missing'],
      ['DPOP-7.2-01 a bound token as Bearer', ['Authorization: Bearer TOKEN', 'DPoP: PROOF'], 401, 'scheme_mismatch'],
      [
        'a proof under another name',
        ['Authorization: DPoP TOKEN', 'DPoP_: PROOF', 'D-PoP: PROOF'],
        401,
        'proof_missing',
      ],
      ['a proof of 11 kB', ['Authorization: DPoP TOKEN', `DPoP: ${'a'.repeat(11_000)}`], 401, 'proof_too_large'],
    ])('%s', async (_what, fields, status, code) => {
      expectRefusal(await send(server, scene, fields), status, code);
    });

    it('FAPI2-5.3.4-02 a token in a form body is none', async () => {
      const body = `access_token=${scene.token()}`;
      const content = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
      const reply = await send(server, scene, ['DPoP: PROOF', ...content], 'POST /orders HTTP/1.1', body);
      expectRefusal(reply, 401, 'credentials_missing');
    });

    it('FAPI2-5.3.4-02 a token in the query is none, and spoils a good request', async () => {
      const line = 'GET /orders?access_token=x HTTP/1.1';
      expectRefusal(await send(server, scene, ['DPoP: PROOF'], line), 400, 'credentials_in_query');
      expectRefusal(await send(server, scene, GOOD, line), 400, 'credentials_in_query');
    });

    it.each([
      ['DPOP-4.3-02 a NUL in the proof', ['Authorization: DPoP TOKEN', 'DPoP: PROOF\0']],
      ['a NUL in the token', ['Authorization: DPoP TOKEN\0', 'DPoP: PROOF']],
      ['a lone CR', ['Authorization: DPoP TOKEN\rX: y', 'DPoP: PROOF']],
      ['a lone LF', ['Authorization: DPoP TOKEN', 'DPoP: PROOF\nX: y', 'DPoP: PROOF']],
      ['a space before the colon', ['Authorization : DPoP TOKEN', 'DPoP: PROOF']],
      ['a folded line', ['Authorization: DPoP', ' TOKEN', 'DPoP: PROOF']],
      ['a field of 20 kB', ['Authorization: DPoP TOKEN', `DPoP: ${'a'.repeat(20_000)}`]],
      ['two lengths', [...GOOD, 'Content-Length: 0', 'Content-Length: 1']],
      ['a length beside chunks', [...GOOD, 'Content-Length: 5', 'Transfer-Encoding: chunked']],
    ])('%s is refused by the server before anybody asks', async (_what, fields) => {
      const { status, body } = await send(server, scene, fields);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(body).not.toContain('client-1');
    });
  });

  describe('N2 the request line', () => {
    // The plain server asks before it looks for a route, Express has spellings of its own, web handlers see no host
    const lines: readonly (readonly [string, Readonly<Record<Adapter, number>>])[] = [
      ['GET /orders?limit=1 HTTP/1.1', { fastify: 200, 'node:http': 200, express: 200, hono: 200 }],
      ['GET https://venue.example/orders HTTP/1.1', { fastify: 200, 'node:http': 200, express: 200, hono: 200 }],
      ['GET https://evil.example/orders HTTP/1.1', { fastify: 400, 'node:http': 400, express: 400, hono: 200 }],
      ['GET http://venue.example/orders HTTP/1.1', { fastify: 400, 'node:http': 400, express: 400, hono: 200 }],
      ['GET //evil.example/orders HTTP/1.1', { fastify: 404, 'node:http': 401, express: 404, hono: 404 }],
      ['GET /ORDERS HTTP/1.1', { fastify: 404, 'node:http': 401, express: 401, hono: 404 }],
      ['GET /orders/ HTTP/1.1', { fastify: 404, 'node:http': 401, express: 401, hono: 404 }],
      ['GET /orders?access_token=x HTTP/1.1', { fastify: 400, 'node:http': 400, express: 400, hono: 400 }],
      ['GET /%6frders HTTP/1.1', { fastify: 200, 'node:http': 200, express: 404, hono: 200 }],
      ['GET /a/../orders HTTP/1.1', { fastify: 404, 'node:http': 400, express: 404, hono: 200 }],
      ['get /orders HTTP/1.1', { fastify: 400, 'node:http': 400, express: 400, hono: 400 }],
    ];

    it.each(lines)('%s', async (line, statuses) => {
      expect((await send(server, scene, GOOD, line)).status).toBe(statuses[adapter]);
    });

    it('a proof for GET is none for POST', async () => {
      const token = scene.token();
      const fields = [`Authorization: DPoP ${token}`, `DPoP: ${await scene.proof(token)}`];
      expectRefusal(await send(server, scene, fields, 'POST /orders HTTP/1.1'), 401, 'proof_htm');
    });

    it.each(['evil.example', 'venue.example:1', ''])('does not look at Host: %j', async (host) => {
      const token = scene.token();
      const fields = ['GET /orders HTTP/1.1', `Host: ${host}`, `Authorization: DPoP ${token}`];
      const request = [...fields, `DPoP: ${await scene.proof(token)}`, 'Connection: close', '', ''].join('\r\n');
      // A web request has a URL, which needs some host
      expect(read(await server.exchange(request)).status).toBe(isWeb && host === '' ? 400 : 200);
    });
  });

  it('DPOP-8-03 DPOP-8.1-01 DPOP-8.2-02 answers with one nonce that no cache keeps', async () => {
    const { fields } = await send(server, scene, ['Authorization: DPoP TOKEN']);
    expect(fields.get('dpop-nonce')).toEqual([expect.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]+$/)]);
    expect(fields.get('cache-control')).toEqual(['no-store']);
  });

  it('refuses the second of two pipelined requests with one proof', async () => {
    const token = scene.token();
    const proof = await scene.proof(token);
    const request = `GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: DPoP ${token}\r\nDPoP: ${proof}\r\n`;
    const answers = await server.exchange(`${request}\r\n${request}Connection: close\r\n\r\n`);
    expect(answers.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401']);
    expect(answers).toContain('proof_replayed');
  });
});

/** The same on every server: JSON, one challenge by the letter. */
function expectRefusal(reply: Reply, status: number, code: string): void {
  expect([reply.status, reply.fields.get('content-type')]).toEqual([status, ['application/json; charset=utf-8']]);
  expect(JSON.parse(reply.body)).toMatchObject({ error_description: expect.any(String), code });
  expect(reply.fields.get('www-authenticate')).toHaveLength(1);
  expect(() => parseChallenges(reply.fields.get('www-authenticate')?.[0] ?? '')).not.toThrow();
}
