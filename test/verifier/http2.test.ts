import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Credential } from '@holdfast/certs-scripts';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { type ServedBy, serve } from './adapted-servers.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { boundTo, Scene } from './scene.ts';

const scene = new Scene();
let certificates: Certificates;
let server: ServedBy;

beforeAll(async () => {
  certificates = await makeCertificates();
});

interface Connection extends Disposable {
  /** Field lines, each by itself; one name may come several times. */
  send(fields: readonly string[], path?: string): Promise<{ status: number; code: string | undefined; nonces: number }>;
}

async function open(present?: Credential): Promise<Connection> {
  const identity = present === undefined ? {} : { cert: present.certificate, key: present.key };
  const options = { ca: certificates.ca, servername: 'localhost', ...identity };
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${server.port}`, options);
  await once(session, 'connect');
  return {
    async send(fields, path = '/orders') {
      const pseudo = [':method', 'GET', ':path', path, ':scheme', 'https', ':authority', 'venue.example'];
      const stream = session.request([...pseudo, ...fields]);
      stream.end();
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      const body = JSON.parse(await text(stream)) as { code?: string };
      return {
        status: Number(headers[':status']),
        code: body.code,
        nonces: [headers['dpop-nonce'] ?? []].flat().length,
      };
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** Fields that are there once at most, sent twice: the client of Node 22 cannot be told to. */
async function sendByCurl(curl: string, fields: readonly string[]): Promise<unknown> {
  const lines = fields.flatMap((name, i) => (i % 2 === 0 ? ['--header', `${name}: ${fields[i + 1]}`] : []));
  const report = '\n{"status":%{http_code},"version":"%{http_version}"}';
  const url = `https://127.0.0.1:${server.port}/orders`;
  const args = ['--http2', '--silent', '--insecure', '--write-out', report, ...lines, url];
  const { stdout } = await promisify(execFile)(curl, args);
  const [body = '', facts = ''] = stdout.split('\n');
  const { code } = JSON.parse(body) as { code?: string };
  return { ...JSON.parse(facts), code };
}

async function good(): Promise<string[]> {
  const token = scene.token();
  return ['authorization', `DPoP ${token}`, 'dpop', await scene.proof(token)];
}

describe.each(['fastify', 'node:http', 'hono'] as const)('%s', (adapter) => {
  beforeAll(async () => {
    server = await serve(adapter, scene.verifier, { tls: certificates, http2: true });
    return () => server[Symbol.asyncDispose]();
  });

  describe('N8 DPoP over HTTP/2', () => {
    it('serves a good request and refuses its repetition', async () => {
      using connection = await open();
      const fields = await good();
      expect(await connection.send(fields)).toMatchObject({ status: 200 });
      expect(await connection.send(fields)).toMatchObject({ status: 401, code: 'proof_replayed', nonces: 1 });
    });

    it('lets one of 20 concurrent duplicates in', async () => {
      using connection = await open();
      const fields = await good();
      const replies = await Promise.all(Array.from({ length: 20 }, () => connection.send(fields)));
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    it('DPOP-4.3-01 refuses two DPoP fields', async () => {
      using connection = await open();
      const fields = await good();
      expect(await connection.send([...fields, 'dpop', fields[3] ?? ''])).toMatchObject({
        status: 401,
        code: 'proof_duplicated',
      });
      const [, , , proof = ''] = await good();
      const joined = [...fields.slice(0, 3), `${fields[3]}, ${proof}`];
      expect(await connection.send(joined)).toMatchObject({ status: 401, code: 'proof_duplicated' });
    });

    it('refuses two Authorization fields', async (context) => {
      const fields = await good();
      const twice = [...fields, 'authorization', fields[1] ?? ''];
      // `Headers` has joined the two
      const code = adapter === 'hono' ? 'credentials_malformed' : 'credentials_duplicated';
      expect(await sendByCurl(needsProgram(context, 'curl'), twice)).toEqual({ status: 400, version: '2', code });
    });

    it.each([
      ['a tab after the scheme', 'DPoP\t', '', 400, 'credentials_malformed'],
      ['obs-text', 'DPoP ', '\u00ff', 400, 'credentials_malformed'],
      ['another scheme', 'Basic ', '', 401, 'scheme_unsupported'],
    ])('refuses %s in Authorization', async (_what, scheme, behind, status, code) => {
      using connection = await open();
      const [, authorization = '', ...proof] = await good();
      const fields = ['authorization', authorization.replace('DPoP ', scheme) + behind, ...proof];
      expect(await connection.send(fields)).toMatchObject({ status, code });
    });

    it('refuses a proof of 11 kB, and one with obs-text', async () => {
      using connection = await open();
      const [authorization = '', token = '', , proof = ''] = await good();
      const send = (dpop: string) => connection.send([authorization, token, 'dpop', dpop]);
      expect(await send('a'.repeat(11_000))).toMatchObject({ status: 401, code: 'proof_too_large' });
      expect(await send(`${proof}\u00ff`)).toMatchObject({ status: 401, code: 'proof_malformed' });
    });

    it('is not reached by a field that HTTP/2 does not allow: NUL, CR, LF', async () => {
      using connection = await open();
      for (const octet of ['\0', '\r', '\n']) {
        const [, authorization, ...proof] = await good();
        const fields = ['authorization', `${authorization}${octet}`, ...proof];
        // Node's HTTP/2 drops the field, or closes the stream
        const outcome = await connection.send(fields).catch(({ code }) => ({ code }));
        expect(['credentials_missing', 'ERR_HTTP2_STREAM_ERROR']).toContain(outcome.code);
      }
    });

    it('N2 takes path and method from the pseudo-header fields, and no host from them', async () => {
      using connection = await open();
      expect(await connection.send(await good(), '/orders?limit=1')).toMatchObject({ status: 200 });
      expect(await connection.send(await good(), '/orders?access_token=1')).toMatchObject({
        code: 'credentials_in_query',
      });
      expect(await connection.send(await good(), '/positions')).toMatchObject({ status: 401, code: 'proof_htu' });
    });
  });

  describe('C086 certificates over HTTP/2', () => {
    const tokenOf = ({ der }: Credential) => ['authorization', `Bearer ${scene.token(boundTo(der))}`];

    it('are those of the connection for each of its concurrent requests', async () => {
      const { mine, other } = certificates;
      using first = await open(mine);
      using second = await open(other);
      using none = await open();
      const expected: [Connection, Credential, number, string | undefined][] = [
        [first, mine, 200, undefined],
        [first, other, 401, 'certificate_mismatch'],
        [second, other, 200, undefined],
        [second, mine, 401, 'certificate_mismatch'],
        [none, mine, 401, 'certificate_missing'],
      ];
      const rounds = Array.from({ length: 10 }, () => expected).flat();
      const replies = await Promise.all(rounds.map(([connection, credential]) => connection.send(tokenOf(credential))));
      expect(replies.map(({ status, code }) => [status, code])).toEqual(
        rounds.map(([, , status, code]) => [status, code]),
      );
    });

    it('come from no field', async () => {
      using connection = await open();
      const fields = ['client-cert', `:${Buffer.from(certificates.mine.der).toString('base64')}:`];
      expect(await connection.send([...tokenOf(certificates.mine), ...fields])).toMatchObject({
        code: 'certificate_missing',
      });
    });
  });
});
