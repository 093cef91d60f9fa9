import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { HttpMessage } from '@holdfast/proof';
import { admit } from '@holdfast/verifier/node';
import { protect } from '@holdfast/verifier/web';
import { describe, expect, it } from 'vitest';
import { listen } from './adapted-servers.ts';
import { makeCertificates } from './certificates.ts';
import { nextGrant } from './next-grant.ts';
import { Scene } from './scene.ts';
import { digestOf, type Signing, signed } from './sign-by-hand.ts';
import { LIMIT, SIGNING_ADAPTERS, send, serveSigned } from './signing-servers.ts';

const BODY = '{"side":"buy","quantity":100}';
const ALTERED = '{"side":"buy","quantity":900}';

const scene = new Scene();

interface Changes extends Partial<Signing> {
  readonly method?: string;
  readonly fields?: readonly string[];
}

/** A signed message for /signed. */
async function message({ method = 'POST', fields, ...signing }: Changes = {}, by = scene): Promise<HttpMessage> {
  const length = signing.body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(signing.body))];
  const type = signing.body === undefined ? [] : ['Content-Type', 'application/json'];
  const bare = await by.message({ method, target: '/signed', fields: [...type, ...(fields ?? length)] });
  const signer = { privateKey: by.client.privateKey, keyid: by.client.jkt };
  return signed(bare, signer, { created: by.now, ...signing });
}

const codeOf = ({ body }: { readonly body: Buffer }) => JSON.parse(body.toString()).code;

describe.each(SIGNING_ADAPTERS)('behind %s', (adapter) => {
  it('SIG-7.2.8-01 the handler gets the octets that were signed', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const reply = await send(server.port, await message({ body: BODY }), BODY);
    expect([reply.status, JSON.parse(reply.body.toString())]).toEqual([200, { got: BODY }]);
    expect(server.seen).toEqual([BODY]);
  });

  it('SIG-7.2.8-01 an altered body reaches no handler, under a signature that is good', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const reply = await send(server.port, await message({ body: BODY }), ALTERED);
    expect([reply.status, codeOf(reply)]).toEqual([401, 'digest_mismatch']);
    expect(reply.headers['www-authenticate']).toContain('error="invalid_signature"');
    expect(server.seen).toEqual([]);
  });

  it('SIG-7.2.8-01 neither does one that was cut off, or added to nothing', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const chunked = ['Transfer-Encoding', 'chunked'];
    expect(codeOf(await send(server.port, await message({ body: BODY, fields: chunked })))).toBe('digest_mismatch');
    expect(codeOf(await send(server.port, await message({ fields: chunked, digest: digestOf('') }), BODY))).toBe(
      'digest_mismatch',
    );
    const covered = ['"@method"', '"@target-uri"', '"authorization"', '"dpop"'];
    const bare = await message({ fields: ['Content-Length', '0'], covered });
    expect((await send(server.port, bare)).status).toBe(200);
    expect(server.seen).toEqual(['']);
  });

  it('FAPISIG-5.3.1.2-08 a body in chunks is compared like every other', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const fields = ['Transfer-Encoding', 'chunked'];
    expect((await send(server.port, await message({ body: BODY, fields }), BODY)).status).toBe(200);
    expect(codeOf(await send(server.port, await message({ body: BODY, fields }), ALTERED))).toBe('digest_mismatch');
    expect(codeOf(await send(server.port, await message({ fields, digest: undefined }), BODY))).toBe(
      'signature_coverage',
    );
    expect(server.seen).toEqual([BODY]);
  });

  it.each(['GET', 'DELETE'])('FAPISIG-5.3.1.2-02 %s without a body is served', async (method) => {
    await using server = await serveSigned(adapter, scene.verifier);
    expect((await send(server.port, await message({ method }))).status).toBe(200);
    expect(server.seen).toEqual(['']);
  });

  it('DIG-6-01 a digest without a signature is worth nothing', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const fields = ['Content-Type', 'application/json', 'Content-Length', '29', 'Content-Digest', digestOf(BODY)];
    const bare = await scene.message({ method: 'POST', target: '/signed', fields });
    expect(codeOf(await send(server.port, bare, BODY))).toBe('signature_missing');
    expect(server.seen).toEqual([]);
  });

  it('DIG-6-01 a digest beside the signature is worth nothing either', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const covered = ['"@method"', '"@target-uri"', '"authorization"', '"dpop"'];
    expect(codeOf(await send(server.port, await message({ body: BODY, covered }), BODY))).toBe('signature_coverage');
    expect(server.seen).toEqual([]);
  });

  it('RFC 9110 §15.5.14: a body beyond the limit is 413, whether or not the head says so', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const large = 'x'.repeat(LIMIT + 1);
    expect((await send(server.port, await message({ body: large }), large)).status).toBe(413);
    const fields = ['Transfer-Encoding', 'chunked'];
    expect((await send(server.port, await message({ body: large, fields }), large)).status).toBe(413);
    expect(server.seen).toEqual([]);
    const most = 'x'.repeat(LIMIT);
    expect((await send(server.port, await message({ body: most }), most)).status).toBe(200);
  });

  it('RFC 9110 §15.5.14: a body that the head says is too large is not waited for', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const { method, target, headers } = await message({ body: 'x', fields: ['Content-Length', String(LIMIT + 1)] });
    const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []));
    const socket = connect(server.port, '127.0.0.1');
    socket.write([`${method} ${target} HTTP/1.1`, 'Host: venue', ...lines, '', ''].join('\r\n'));
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('DIG-2-01 the digest is over the octets as they were sent, after their coding', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const coded = gzipSync(BODY);
    const fields = ['Content-Encoding', 'gzip', 'Content-Length', String(coded.length)];
    expect((await send(server.port, await message({ body: coded, fields }), coded)).status).toBe(200);
    const digest = digestOf(BODY);
    expect(codeOf(await send(server.port, await message({ body: coded, digest, fields }), coded))).toBe(
      'digest_mismatch',
    );
    expect(server.seen).toEqual([coded.toString('latin1')]);
  });

  it('SIG-7.2.8-01 a connection that ends before the body does reaches no handler', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    const { method, target, headers } = await message({ body: BODY });
    const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []));
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const granted = nextGrant();
    socket.write([`${method} ${target} HTTP/1.1`, 'Host: venue', ...lines, '', BODY.slice(0, -1)].join('\r\n'));
    await granted;
    socket.resetAndDestroy();
    await once(socket, 'close');
    expect((await send(server.port, await message({ method: 'GET' }))).status).toBe(200);
    expect(server.seen).toEqual(['']);
  });
});

describe.each(['fastify', 'node:http'] as const)('over HTTP/2 behind %s', (adapter) => {
  it('SIG-7.2.8-01 a body that the head does not tell of is compared', async () => {
    const tls = await makeCertificates();
    await using server = await serveSigned(adapter, scene.verifier, { tls, http2: true });
    const session = connectHttp2(`https://127.0.0.1:${server.port}`, { ca: tls.ca });
    const post = async (whole: HttpMessage, body: string) => {
      const pairs = whole.headers.flatMap((name, at) =>
        at % 2 === 0 ? [[name.toLowerCase(), whole.headers[at + 1]]] : [],
      );
      const stream = session.request({ ':method': 'POST', ':path': whole.target, ...Object.fromEntries(pairs) });
      stream.end(body);
      const [head] = await once(stream, 'response');
      return { status: head[':status'], body: await buffer(stream) };
    };
    try {
      const fields: string[] = [];
      expect((await post(await message({ body: BODY, fields }), BODY)).status).toBe(200);
      expect(codeOf(await post(await message({ body: BODY, fields }), ALTERED))).toBe('digest_mismatch');
      const undigested = await message({ fields: ['Content-Type', 'application/json'], digest: undefined });
      expect(codeOf(await post(undigested, BODY))).toBe('digest_missing');
      expect(server.seen).toEqual([BODY]);
    } finally {
      session.destroy();
    }
  });
});

describe('a body that was read before', () => {
  const NEEDS = { signature: 'required' } as const;

  it('SIG-7.2.8-01 cannot be compared any more, so that it reaches no handler of node:http', async () => {
    const seen: string[] = [];
    await using server = await listen(async (request, response) => {
      seen.push((await buffer(request)).toString());
      if ((await admit(scene.verifier, request, response, NEEDS)) !== undefined) response.end();
    });
    expect((await send(server.port, await message({ body: BODY }), BODY)).status).toBe(500);
    expect(seen).toEqual([BODY]);
  });

  it('SIG-7.2.8-01 nor a web handler', async () => {
    const handle = protect(scene.verifier, () => new Response('served'), NEEDS);
    const { method, target, headers } = await message({ body: BODY });
    const pairs = headers.flatMap((name, at) =>
      at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as [string, string]] : [],
    );
    const request = () => new Request(`https://venue.example${target}`, { method, headers: pairs, body: BODY });
    const read = request();
    await read.text();
    expect((await handle(read)).status).toBe(500);
    // Its proof was not used up by that
    expect((await handle(request())).status).toBe(200);
  });
});

describe('Content-Digest', () => {
  async function judge(digest: string, content = BODY): Promise<string> {
    const access = await scene.verifier.verify(await message({ body: BODY, digest }), { signature: 'required' });
    try {
      scene.verifier.checkContent(access, Buffer.from(content));
      return 'accepted';
    } catch (refusal) {
      return (refusal as { code: string }).code;
    }
  }
  const wrong = `sha-256=:${'A'.repeat(43)}=:`;

  it('DIG-2-02 each strong digest that is there has to match', async () => {
    expect(await judge(digestOf(BODY, 'sha512'))).toBe('accepted');
    expect(await judge(`${digestOf(BODY)}, ${digestOf(BODY, 'sha512')}`)).toBe('accepted');
    expect(await judge(`${digestOf(BODY)}, ${digestOf(ALTERED, 'sha512')}`)).toBe('digest_mismatch');
    expect(await judge(`${wrong}, ${digestOf(BODY, 'sha512')}`)).toBe('digest_mismatch');
  });

  it('DIG-5-01, DIG-5-02 one that can be forged is not enough, and beside a strong one nothing', async () => {
    expect(await judge(digestOf(BODY, 'md5'))).toBe('digest_unsupported');
    expect(await judge('unixsum=:AAA=:, sha=:AAA=:, crc32c=:AAA=:, adler=:AAA=:')).toBe('digest_unsupported');
    expect(await judge(`${digestOf(ALTERED, 'md5')}, ${digestOf(BODY)}`)).toBe('accepted');
  });

  it.each([
    ['not a dictionary', 'sha-256='],
    ['twice', `${wrong}, ${digestOf(BODY)}`],
    ['a string', 'sha-256="x"'],
    ['with parameters', `${digestOf(BODY)};a`],
    ['in capitals', digestOf(BODY).toUpperCase()],
    ['with more padding, as RFC 9530 B.5 prints it', digestOf(BODY).replace('=:', '==:').replace(':=', ':')],
  ])('DIG-2-01 %s is malformed', async (_, digest) => {
    expect(await judge(digest)).toMatch(/^digest_(?:malformed|unsupported)$/);
  });

  it('DIG-2-01 of too few octets matches nothing', async () => {
    expect(await judge('sha-256=::')).toBe('digest_mismatch');
  });

  it('SIG-7.2.8-01 is looked at for the accesses of this verifier whose signature was needed, and no other', async () => {
    const plain = await scene.send();
    expect(() => scene.verifier.checkContent(plain, new Uint8Array())).toThrow(TypeError);
    expect(() => scene.verifier.checkContent({ ...plain }, new Uint8Array())).toThrow(TypeError);
  });
});
