import { beforeAll, describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge-parser.ts';
import { Scene } from './scene.ts';
import { serveVenue, type VenueServer } from './venue-server.ts';

/** A request, field by field as its octets are sent. `TOKEN`, `PROOF` and `PROOF2` stand for good ones. */
async function send(
  server: VenueServer,
  scene: Scene,
  fields: readonly string[],
  line = 'GET /orders HTTP/1.1',
): Promise<Reply> {
  const token = scene.token();
  const [proof, another] = await Promise.all([scene.proof(token), scene.proof(token)]);
  const filled = fields.map((field) =>
    field.replace('TOKEN', token).replace('PROOF2', another).replace('PROOF', proof),
  );
  return read(
    await server.exchange(`${[line, 'Host: venue.example', ...filled, 'Connection: close'].join('\r\n')}\r\n\r\n`),
  );
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
let server: VenueServer;

beforeAll(async () => {
  server = await serveVenue(scene.verifier);
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
  ])('DPOP-4.1-02 %s', async (_what, fields) => {
    expect(await send(server, scene, fields)).toMatchObject({ status: 200, body: '{"client":"client-1"}' });
  });
});

describe('N8 what HTTP libraries hide', () => {
  it.each([
    ['DPOP-4.3-01 two DPoP fields', [...GOOD, 'DPoP: PROOF2'], 401, 'proof_duplicated'],
    ['DPOP-4.3-01 two with one proof', [...GOOD, 'dpop: PROOF'], 401, 'proof_duplicated'],
    ['DPOP-4.3-01 an empty second one', [...GOOD, 'DPoP:'], 401, 'proof_duplicated'],
    ['DPOP-4.3-01 two in one field', ['Authorization: DPoP TOKEN', 'DPoP: PROOF, PROOF2'], 401, 'proof_duplicated'],
    ['DPOP-4.3-02 an empty field', ['Authorization: DPoP TOKEN', 'DPoP:'], 401, 'proof_malformed'],
    ['two Authorization fields', [...GOOD, 'Authorization: DPoP TOKEN'], 400, 'credentials_duplicated'],
    ['a second one in small letters', [...GOOD, 'authorization: Bearer TOKEN'], 400, 'credentials_duplicated'],
    ['a first one that is empty', ['Authorization:', ...GOOD], 400, 'credentials_duplicated'],
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
    ['DPOP-4-02 a proof alone', ['DPoP: PROOF'], 401, 'credentials_missing'],
    ['DPOP-7.1-03 a token alone', ['Authorization: DPoP TOKEN'], 401, 'proof_missing'],
    ['DPOP-7.2-01 a bound token as Bearer', ['Authorization: Bearer TOKEN', 'DPoP: PROOF'], 401, 'scheme_mismatch'],
    ['a proof under another name', ['Authorization: DPoP TOKEN', 'DPoP_: PROOF', 'D-PoP: PROOF'], 401, 'proof_missing'],
    ['a proof of 11 kB', ['Authorization: DPoP TOKEN', `DPoP: ${'a'.repeat(11_000)}`], 401, 'proof_too_large'],
  ])('%s', async (_what, fields, status, code) => {
    const reply = await send(server, scene, fields);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toMatchObject({ code });
    expect(reply.fields.get('www-authenticate')).toHaveLength(1);
    expect(() => parseChallenges(reply.fields.get('www-authenticate')?.[0] ?? '')).not.toThrow();
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
  it.each([
    ['GET /orders?limit=1 HTTP/1.1', 200],
    ['GET https://venue.example/orders HTTP/1.1', 200],
    ['GET https://evil.example/orders HTTP/1.1', 400],
    ['GET http://venue.example/orders HTTP/1.1', 400],
    ['GET //evil.example/orders HTTP/1.1', 404],
    ['GET /orders?access_token=x HTTP/1.1', 400],
    ['GET /ORDERS HTTP/1.1', 404],
    ['GET /orders/ HTTP/1.1', 404],
    ['GET /%6frders HTTP/1.1', 200],
    ['get /orders HTTP/1.1', 400],
    ['POST /orders HTTP/1.1', 401],
  ])('%s: %i', async (line, status) => {
    expect((await send(server, scene, GOOD, line)).status).toBe(status);
  });

  it.each(['evil.example', 'venue.example:1', ''])('does not look at Host: %j', async (host) => {
    const token = scene.token();
    const fields = ['GET /orders HTTP/1.1', `Host: ${host}`, `Authorization: DPoP ${token}`];
    const request = [...fields, `DPoP: ${await scene.proof(token)}`, 'Connection: close', '', ''].join('\r\n');
    expect(read(await server.exchange(request)).status).toBe(200);
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
