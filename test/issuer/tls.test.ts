import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { createAuthority } from '@holdfast/certs-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueClient, selfSignClient } from './certificates.ts';
import { assertion, claims, proof } from './forge.ts';
import { authority, call, FORM, form, type Received, type Served, serve } from './listeners.ts';
import { TRADER } from './scene.ts';

const NOW = new Date();
const YEAR = 365 * 86_400_000;
const request = { commonName: 'trader', organization: 'Fund', dnsNames: ['trader.example'], now: NOW, days: 2 };
const otherAuthority = await createAuthority({ commonName: 'Test Authority', now: NOW });

/** All have the same subject and alternative name; one is what was registered. */
const certificates = {
  sound: await issueClient(authority, request),
  again: await issueClient(authority, request),
  thief: await issueClient(authority, { ...request, commonName: 'thief', dnsNames: ['thief.example'] }),
  expired: await issueClient(authority, { ...request, now: new Date(NOW.getTime() - YEAR) }),
  notYetValid: await issueClient(authority, { ...request, now: new Date(NOW.getTime() + YEAR) }),
  ofAnotherAuthority: await issueClient(otherAuthority, request),
  forServers: await issueClient(authority, { ...request, usage: 'serverAuth' }),
  selfSigned: await selfSignClient({ commonName: 'trader', now: NOW, days: 2 }),
  selfSignedExpired: await selfSignClient({ commonName: 'trader', now: new Date(NOW.getTime() - YEAR), days: 2 }),
};
type Name = keyof typeof certificates;

const jwks = (name: Name) => {
  const { publicKey, raw } = new X509Certificate(certificates[name].certificate);
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] }] };
};
const scope = 'orders:read';
const pki = { token_endpoint_auth_method: 'tls_client_auth', scope };
const self = { token_endpoint_auth_method: 'self_signed_tls_client_auth', scope };
const CLIENTS = [
  TRADER,
  { ...pki, client_id: 'dn', tls_client_auth_subject_dn: 'CN=trader,O=Fund' },
  { ...pki, client_id: 'cn', tls_client_auth_subject_dn: 'CN=trader' },
  { ...pki, client_id: 'dns', tls_client_auth_san_dns: 'trader.example' },
  { ...self, client_id: 'self', jwks: jwks('selfSigned') },
  { ...self, client_id: 'stale', jwks: jwks('selfSignedExpired') },
];

let served: Served;
beforeAll(async () => {
  served = await serve({ clients: CLIENTS });
});
afterAll(() => served[Symbol.asyncDispose]());

const shown = (name: Name | undefined): tls.ConnectionOptions =>
  name === undefined ? {} : { cert: certificates[name].certificate, key: certificates[name].key };
const ask = (client: string, name?: Name, origin = served.mtlsOrigin, options: tls.ConnectionOptions = {}) =>
  call(origin, { headers: FORM, body: form({ client_id: client }), tls: { ...shown(name), ...options } });

/** A connection with that certificate, over which nothing was sent. */
async function connect(name: Name): Promise<tls.TLSSocket> {
  const { hostname, port } = new URL(served.mtlsOrigin);
  const options = { host: '127.0.0.1', servername: hostname, port: Number(port), ca: authority.certificate };
  const socket = tls.connect({ ...options, ...shown(name) });
  await once(socket, 'secureConnect');
  return socket;
}

function octetsOf(parameters: Readonly<Record<string, string>>): string {
  const body = form(parameters);
  const head = ['POST /token HTTP/1.1', `Host: ${new URL(served.mtlsOrigin).host}`, 'Connection: close'];
  const about = [`Content-Type: ${FORM['content-type']}`, `Content-Length: ${body.length}`];
  return [...head, ...about, '', body].join('\r\n');
}

function expectRefusal({ status, body }: Received, code: string): void {
  expect({ status, ...body }).toMatchObject({ status: 401, error: 'invalid_client', code });
}

describe('RFC 8705 §2.1 over TLS', () => {
  it.each(['dn', 'dns'])(
    'MTLS-2.1-01 C017 C048 a certificate of the authority authenticates %s and binds',
    async (client) => {
      const { status, body } = await ask(client, 'sound');
      expect({ status, type: body['token_type'] }).toEqual({ status: 200, type: 'Bearer' });
      const x5t = createHash('sha256').update(certificates.sound.der).digest('base64url');
      expect(claims(body['access_token'])['cnf']).toEqual({ 'x5t#S256': x5t });
    },
  );

  it('MTLS-6.3-01 a renewed certificate of the same subject gets tokens of its own', async () => {
    const cnf = async (name: Name) => claims((await ask('dn', name)).body['access_token'])['cnf'];
    expect(await cnf('again')).not.toEqual(await cnf('sound'));
  });

  it('MTLS-3.1-01 C048 requests that come at once are each bound to their own certificate', async () => {
    const names = Array.from({ length: 24 }, (_, i) => (['sound', 'again', 'thief'] as const)[i % 3] ?? 'sound');
    const connections = await Promise.all(names.map(connect));
    const answers = connections.map((connection) => text(connection)); // all are written before any is read
    for (const connection of connections) connection.write(octetsOf({ client_id: 'dn' }));
    const got = (await Promise.all(answers)).map((answer) => JSON.parse(answer.slice(answer.indexOf('{'))));
    for (const [i, name] of names.entries()) {
      const x5t = createHash('sha256').update(certificates[name].der).digest('base64url');
      if (name === 'thief') expect(got[i]).toMatchObject({ error: 'invalid_client' });
      else expect(claims(got[i].access_token)['cnf']).toEqual({ 'x5t#S256': x5t });
    }
  });

  it.each<Name>(['expired', 'notYetValid', 'ofAnotherAuthority', 'forServers'])(
    'MTLS-2.1-01 MTLS-7.5-01 MTLS-7.5-02 C017 refuses one of the same names: %s',
    async (name) => {
      for (const client of ['dn', 'dns']) expectRefusal(await ask(client, name), 'client_certificate_untrusted');
    },
  );

  it('MTLS-2.1-01 refuses a self-signed one with the right subject', async () => {
    expectRefusal(await ask('cn', 'selfSigned'), 'client_certificate_untrusted');
  });

  it('MTLS-2-03 refuses that of another client', async () => {
    for (const client of ['dn', 'dns']) expectRefusal(await ask(client, 'thief'), 'client_certificate_mismatch');
  });

  it('CVE-2023-2422 only the leaf counts, not what else is sent with it', async () => {
    const chain = certificates.thief.certificate + certificates.sound.certificate + authority.certificate;
    for (const client of ['dn', 'dns']) {
      const answer = await ask(client, 'thief', served.mtlsOrigin, { cert: chain });
      expectRefusal(answer, 'client_certificate_mismatch');
    }
  });
});

describe('RFC 8705 §2.2 over TLS', () => {
  it('MTLS-2.2-01 the registered certificate authenticates; nobody vouches for it, and its dates do not count', async () => {
    expect((await ask('self', 'selfSigned')).status).toBe(200);
    expect((await ask('stale', 'selfSignedExpired')).status).toBe(200);
  });

  it('MTLS-2.2-01 no other does, whoever vouches for it', async () => {
    for (const name of ['selfSignedExpired', 'sound', 'thief', 'ofAnotherAuthority'] as const) {
      expectRefusal(await ask('self', name), 'client_certificate_mismatch');
    }
  });
});

describe('the two listeners', () => {
  it('MTLS-2-01 MTLS-2-04 C017 without a certificate: invalid_client, on both', async () => {
    for (const origin of [served.origin, served.mtlsOrigin]) {
      for (const client of ['dn', 'self']) {
        expectRefusal(await ask(client, undefined, origin), 'client_certificate_missing');
      }
    }
  });

  it('a certificate that is offered to the listener that asks for none is not seen', async () => {
    expectRefusal(await ask('dn', 'sound', served.origin), 'client_certificate_missing');
  });

  it('MTLS-5-01 C050 metadata on both is the same, and private_key_jwt works on both with its own htu', async () => {
    const path = '/.well-known/oauth-authorization-server';
    const [one, two] = [served.origin, served.mtlsOrigin].map((origin) => call(origin, { method: 'GET', path }));
    expect((await one)?.text).toBe((await two)?.text);
    for (const origin of [served.origin, served.mtlsOrigin]) {
      const now = Math.floor(Date.now() / 1000);
      const send = (nonce?: string) =>
        call(origin, {
          headers: { ...FORM, DPoP: proof({ payload: { htu: `${origin}/token`, iat: now, nonce } }) },
          body: form({ assertion: assertion({ payload: { aud: served.origin, iat: now, exp: now + 60 } }) }),
        });
      const challenged = await send();
      expect(challenged.body).toMatchObject({ error: 'use_dpop_nonce' });
      expect((await send(challenged.headers['dpop-nonce']?.[0])).body).toMatchObject({ token_type: 'DPoP' });
    }
  });
});

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('CVE-2025-23419 resumed sessions of %s', (maxVersion) => {
  /** A session of a connection that showed this certificate, to be resumed. */
  async function session(origin: string, name?: Name): Promise<Buffer> {
    const { port } = new URL(origin);
    const options = { host: '127.0.0.1', port: Number(port), servername: 'localhost', ca: authority.certificate };
    const socket = tls.connect({ ...options, ...shown(name), maxVersion });
    const ticket = once(socket, 'session') as Promise<[Buffer]>;
    socket.on('error', () => {}).resume();
    const [made] = await ticket;
    socket.destroy();
    return made;
  }

  const resumed = async (client: string, from: string, name: Name | undefined, to = served.mtlsOrigin) =>
    ask(client, undefined, to, { session: await session(from, name), maxVersion });

  it('without a certificate stay without one', async () => {
    expectRefusal(await resumed('dn', served.mtlsOrigin, undefined), 'client_certificate_missing');
    expectRefusal(await resumed('self', served.mtlsOrigin, undefined), 'client_certificate_missing');
  });

  it('of the listener that asks for none give nothing at the one that asks', async () => {
    for (const client of ['dn', 'self']) {
      expectRefusal(await resumed(client, served.origin, 'sound'), 'client_certificate_missing');
    }
  });

  it('MTLS-7.5-02 show no certificate, so that one which has expired since is not shown for ever', async () => {
    for (const [client, name] of [
      ['dn', 'sound'],
      ['dn', 'thief'],
      ['dn', 'expired'],
      ['self', 'selfSigned'],
    ] as const) {
      expectRefusal(await resumed(client, served.mtlsOrigin, name), 'client_certificate_missing');
    }
  });

  it('are no hindrance to a client that shows its certificate again', async () => {
    const made = await session(served.mtlsOrigin, 'sound');
    const { status, body } = await ask('dn', 'sound', served.mtlsOrigin, { session: made, maxVersion });
    const x5t = createHash('sha256').update(certificates.sound.der).digest('base64url');
    expect(status).toBe(200);
    expect(claims(body['access_token'])['cnf']).toEqual({ 'x5t#S256': x5t });
  });

  it('are not given another certificate by showing one while resuming', async () => {
    const made = await session(served.mtlsOrigin, 'sound');
    const answer = await ask('dn', 'thief', served.mtlsOrigin, { session: made, maxVersion });
    expectRefusal(answer, 'client_certificate_mismatch');
  });
});
