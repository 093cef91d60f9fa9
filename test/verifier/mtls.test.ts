import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Credential } from '@holdfast/certs-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { boundTo, Scene } from './scene.ts';
import { serveVenue, type VenueServer } from './venue-server.ts';

const scene = new Scene();
let certificates: Certificates;
let server: VenueServer;

beforeAll(async () => {
  certificates = await makeCertificates();
  server = await serveVenue(scene.verifier, { tls: certificates });
});

afterAll(() => server[Symbol.asyncDispose]());

interface Sent {
  readonly token: string;
  /** PEM chain and key that the client presents. */
  readonly present?: Pick<Credential, 'certificate' | 'key'> | undefined;
  readonly fields?: readonly string[];
  readonly scheme?: string;
  readonly session?: Buffer | undefined;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly session: Buffer | undefined;
  readonly resumed: boolean;
}

/** One request on a TLS 1.3 connection of its own. */
async function send({ token, present, fields = [], scheme = 'Bearer', session }: Sent): Promise<Reply> {
  const identity = present === undefined ? {} : { cert: present.certificate, key: present.key };
  const options: ConnectionOptions = {
    port: server.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: certificates.ca,
  };
  const socket: TLSSocket = connect({ ...options, ...identity, ...(session === undefined ? {} : { session }) });
  let newest: Buffer | undefined;
  socket.on('session', (ticket) => (newest = ticket));
  await once(socket, 'secureConnect');
  const resumed = socket.isSessionReused();
  const head = [
    'GET /orders HTTP/1.1',
    'Host: localhost',
    `Authorization: ${scheme} ${token}`,
    ...fields,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const answer = await text(socket);
  return { status: Number(answer.split(' ')[1]), text: answer, session: newest, resumed };
}

const tokenOf = ({ der }: Credential): string => scene.token(boundTo(der));

describe('RFC 8705 §3 over TLS 1.3', () => {
  it('MTLS-3-02 FAPI2-5.3.4-01 C083 serves a token with its certificate', async () => {
    const { mine } = certificates;
    expect(await send({ token: tokenOf(mine), present: mine })).toMatchObject({
      status: 200,
      text: expect.stringContaining('client-1'),
    });
  });

  it('MTLS-3-03 MTLS-3.2-02 C084 refuses the token of another client’s certificate', async () => {
    const { mine, other } = certificates;
    const reply = await send({ token: tokenOf(mine), present: other });
    expect(reply.status).toBe(401);
    expect(reply.text).toMatch(
      /www-authenticate: Bearer error="invalid_token", .*\(certificate_mismatch\)", DPoP algs="/i,
    );
  });

  it('MTLS-3-02 C084 refuses it without a certificate', async () => {
    const reply = await send({ token: tokenOf(certificates.mine) });
    expect([reply.status, reply.text]).toEqual([401, expect.stringContaining('certificate_missing')]);
  });

  it('FAPI2-5.3.4-05 C085 refuses a token without binding, whatever certificate comes with it', async () => {
    const token = scene.token({ payload: { cnf: undefined } });
    expect((await send({ token, present: certificates.mine })).text).toContain('token_unbound');
  });

  it('DPOP-7.2-01 C085 refuses a DPoP-bound token with a certificate in place of the proof', async () => {
    const reply = await send({ token: scene.token(), present: certificates.mine });
    expect([reply.status, reply.text]).toEqual([401, expect.stringContaining('scheme_mismatch')]);
  });

  it('MTLS-6.2-01 asks nobody to vouch for the certificate: one that is self-signed and past proves possession', async () => {
    const { expiredSelfSigned, mine } = certificates;
    expect((await send({ token: tokenOf(expiredSelfSigned), present: expiredSelfSigned })).status).toBe(200);
    expect((await send({ token: tokenOf(mine), present: expiredSelfSigned })).status).toBe(401);
  });

  it('CVE-2023-2422 looks at the leaf only, not at what the client sends behind it', async () => {
    const { mine, other } = certificates;
    const present = { certificate: other.certificate + mine.certificate, key: other.key };
    const reply = await send({ token: tokenOf(mine), present });
    expect([reply.status, reply.text]).toEqual([401, expect.stringContaining('certificate_mismatch')]);
  });

  it.each(['Client-Cert', 'client-cert', 'X-Forwarded-Client-Cert', 'X_Forwarded_Client_Cert', 'X-SSL-Client-Cert'])(
    'CVE-2024-10039 CC-4-01 CC-4-02 C086 takes no certificate from %s, with one in TLS or without',
    async (name) => {
      const { mine, other } = certificates;
      const fields = [`${name}: :${Buffer.from(mine.der).toString('base64')}:`];
      expect((await send({ token: tokenOf(mine), fields })).text).toContain('certificate_missing');
      expect((await send({ token: tokenOf(mine), fields, present: other })).text).toContain('certificate_mismatch');
    },
  );
});

describe('a token bound to key and certificate', () => {
  it('needs both over the wire', async () => {
    const { mine, other } = certificates;
    const cnf = { jkt: scene.client.jkt, ...(boundTo(mine.der).payload?.['cnf'] as object) };
    const token = scene.token({ payload: { cnf } });
    const fields = async () => [`DPoP: ${await scene.proof(token)}`];
    expect((await send({ token, scheme: 'DPoP', fields: await fields(), present: mine })).status).toBe(200);
    expect((await send({ token, scheme: 'DPoP', fields: await fields(), present: other })).text).toContain(
      'certificate_mismatch',
    );
    expect((await send({ token, scheme: 'DPoP', fields: await fields() })).text).toContain('certificate_missing');
    expect((await send({ token, present: mine })).text).toContain('scheme_mismatch');
  });
});

describe('CVE-2025-23419 C086 resumed TLS sessions', () => {
  it('keep the certificate that the first handshake proved, whatever the client would present now', async () => {
    const { mine, other } = certificates;
    const { session } = await send({ token: tokenOf(mine), present: mine });
    for (const present of [mine, other, undefined]) {
      const good = await send({ token: tokenOf(mine), present, session });
      expect([good.resumed, good.status]).toEqual([true, 200]);
      const bad = await send({ token: tokenOf(other), present, session });
      expect([bad.resumed, bad.status, bad.text]).toEqual([true, 401, expect.stringContaining('certificate_mismatch')]);
    }
  });

  it('have none when the first handshake had none', async () => {
    const { mine } = certificates;
    const { session } = await send({ token: tokenOf(mine) });
    const reply = await send({ token: tokenOf(mine), present: mine, session });
    expect([reply.resumed, reply.status, reply.text]).toEqual([
      true,
      401,
      expect.stringContaining('certificate_missing'),
    ]);
  });
});
