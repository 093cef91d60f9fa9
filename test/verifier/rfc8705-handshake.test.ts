import type { Credential } from '@holdfast/certs-scripts';
import { type Listener, listen } from '@holdfast/cli';
import { protect } from '@holdfast/verifier/fastify';
import fastify from 'fastify';
import { Client } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import {
  authority,
  type Crafted,
  craft,
  nameConstraints,
  serversOnly,
  unknownCritical,
  wildcardNames,
} from './crafted-certificates.ts';
import { boundTo, Scene } from './scene.ts';
import { plugin } from './venue-server.ts';

const scene = new Scene();
let certificates: Certificates;
let mutual: Listener;
let plain: Listener;

beforeAll(async () => {
  certificates = await makeCertificates();
  const { server, ca } = certificates;
  const options = { port: 0, host: '127.0.0.1', name: 'localhost', cert: server.certificate, key: server.key };
  mutual = await serve(await listen({ ...options, clientAuthorities: ca }));
  plain = await serve(await listen(options));
});

afterAll(() => Promise.all([mutual.close(), plain.close()]));

async function serve(listener: Listener): Promise<Listener> {
  const app = fastify();
  app.register(protect, { verifier: scene.verifier });
  app.register(plugin((routes) => routes.get('/orders', { config: { scope: [] } }, async () => ({ code: 'served' }))));
  await listener.serve(app);
  return listener;
}

type Request = (token?: string) => Promise<[status: number, code: unknown]>;

/** Runs requests one after the other on one connection, whose client holds out the certificate if it is asked to. */
async function onConnection<T>(listener: Listener, holds: Credential | undefined, run: (send: Request) => Promise<T>) {
  const identity = holds === undefined ? {} : { cert: holds.certificate, key: holds.key };
  const client = new Client(listener.origin, { connect: { ca: certificates.ca, ...identity } });
  let connections = 0;
  client.on('connect', () => (connections += 1));
  try {
    const result = await run(async (token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { statusCode, body } = await client.request({ path: '/orders', method: 'GET', headers });
      return [statusCode, ((await body.json()) as { code: unknown }).code];
    });
    expect(connections).toBe(1);
    return result;
  } finally {
    await client.close();
  }
}

describe('RFC 8705 §3: when the certificate is asked for', () => {
  const tokenOf = ({ der }: Credential) => scene.token(boundTo(der));

  it('MTLS-3-04: by our listener in every handshake, whatever token comes later on the connection', async () => {
    const { mine, other } = certificates;
    await onConnection(mutual, mine, async (send) => {
      expect(await send()).toEqual([401, 'credentials_missing']);
      expect(await send(tokenOf(mine))).toEqual([200, 'served']);
      expect(await send(tokenOf(other))).toEqual([401, 'certificate_mismatch']);
    });
  });

  it('MTLS-3-04: never because of a token: a connection without certificate stays one', async () => {
    const { mine } = certificates;
    await onConnection(mutual, undefined, async (send) => {
      expect(await send(tokenOf(mine))).toEqual([401, 'certificate_missing']);
      expect(await send(tokenOf(mine))).toEqual([401, 'certificate_missing']);
    });
    await onConnection(plain, mine, async (send) => {
      expect(await send(tokenOf(mine))).toEqual([401, 'certificate_missing']);
    });
  });
});

describe('RFC 8705 §7.5: what a certificate says', () => {
  it.each<[string, Crafted]>([
    ['of the same name', {}],
    ['with a NUL behind the name', { subject: [{ CN: ['mine\0.evil.example'] }] }],
    ['with a wildcard for a name', { subject: [{ CN: ['*'] }], extensions: [wildcardNames] }],
    ['with several names', { subject: [{ CN: ['evil'] }, { CN: ['mine'] }] }],
    ['without a name', { subject: [] }],
    ['for servers only', { extensions: [serversOnly] }],
    ['with an unknown critical extension', { extensions: [unknownCritical] }],
    ['with empty name constraints', { extensions: [nameConstraints] }],
    ['that is an authority', { extensions: [authority] }],
    ['that is past', { hours: [-3, -2] }],
    ['that is not valid yet', { hours: [2, 3] }],
  ])('MTLS-7.5-02: stands for itself and for no other: one %s', async (_what, crafted) => {
    const certificate = await craft(crafted);
    await onConnection(mutual, certificate, async (send) => {
      expect(await send(scene.token(boundTo(certificate.der)))).toEqual([200, 'served']);
      expect(await send(scene.token(boundTo(certificates.mine.der)))).toEqual([401, 'certificate_mismatch']);
    });
  });
});
