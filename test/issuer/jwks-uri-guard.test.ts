import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createGuardedFetch } from '@holdfast/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../verifier/certificates.ts';
import { type IssuerServer, json, serveIssuer } from '../verifier/issuer-server.ts';
import { NOW, traderKey } from './forge.ts';
import { MACHINE, registrationScene } from './registration-scene.ts';

let certificates: Certificates;
const authorities = getCACertificates();

beforeAll(async () => {
  certificates = await makeCertificates();
  // Nobody gives the guard an authority: it has those of Node
  setDefaultCACertificates([certificates.ca]);
});

afterAll(() => setDefaultCACertificates(authorities));

async function serve(): Promise<IssuerServer> {
  const server = await serveIssuer(certificates, []);
  server.answers['/jwks'] = json({ keys: [traderKey.jwk] });
  return server;
}

const at = (server: IssuerServer, host: string) => server.issuer.replace('localhost', host);

describe('a client that registered cannot make us ask a server that only we can reach', () => {
  const keysAt = async (uri: string, policy = {}) => {
    const scene = registrationScene({ policy });
    const { clientId } = await scene.registered({ ...MACHINE, jwks: undefined, jwks_uri: uri });
    const { keys } = await scene.registration.clients.find(clientId);
    return await keys.find('ES256', undefined);
  };

  it.each(['localhost', 'localhost.', '127.0.0.1', '127.1', '0x7f000001', '0', '[::1]', '[::ffff:127.0.0.1]'])(
    'by the host %s',
    async (host) => {
      await using server = await serve();
      await expect(keysAt(`${at(server, host)}/jwks`)).rejects.toThrow(
        expect.objectContaining({
          code: 'client_keys_unavailable',
          message: 'The keys of the client cannot be fetched',
        }),
      );
      expect(server.asked).toEqual([]);
    },
  );

  it.each(['localhost', '127.0.0.1'])('unless the configuration lets it: %s', async (host) => {
    await using server = await serve();
    expect(await keysAt(`${at(server, host)}/jwks`, { private_networks: true })).toHaveLength(1);
    expect(server.asked).toEqual(['/jwks']);
  });

  it('and where an operator brings a fetch of his own, that one decides', async () => {
    await using server = await serve();
    const scene = registrationScene({ fetch: server.fetch });
    const { clientId } = await scene.registered({ ...MACHINE, jwks: undefined, jwks_uri: `${server.issuer}/jwks` });
    const { keys } = await scene.registration.clients.find(clientId);
    expect(await keys.find('ES256', undefined)).toHaveLength(1);
  });

  it('and its keys are fetched anew when it changes where they are', async () => {
    await using server = await serve();
    const scene = registrationScene({ fetch: server.fetch, clock: () => NOW * 1000 });
    const body = { ...MACHINE, jwks: undefined, jwks_uri: `${server.issuer}/nothing` };
    const client = await scene.registered(body);
    const keys = async () => (await scene.registration.clients.find(client.clientId)).keys.find('ES256', undefined);
    await expect(keys()).rejects.toThrow('cannot be fetched');
    const next = { ...body, client_id: client.clientId, jwks_uri: `${server.issuer}/jwks` };
    expect(await scene.manage('PUT', client, next)).toMatchObject({ status: 200 });
    expect(await keys()).toHaveLength(1);
  });
});

describe('createGuardedFetch', () => {
  const refusal = 'not a URL that may be fetched';
  /** Asks for nothing: who gets past the guard finds that nobody waits any more. */
  const judged = async (url: string, lookup?: LookupFunction) => {
    const fetch = createGuardedFetch(lookup === undefined ? {} : { lookup });
    const error = await fetch(url, { signal: AbortSignal.abort() }).catch((thrown: Error) => thrown);
    return error instanceof Error && error.message === refusal ? 'refused' : (error as Error).name;
  };

  it.each([
    ...['0.0.0.0', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.255.255.254', '169.254.169.254'],
    ...['172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.168.0.1', '198.18.0.1', '198.19.255.255'],
    ...['198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1'],
    ...[
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::',
      '3fff::1',
      'fc00::1',
      'fd12:3456::1',
      'fe80::1',
      'fec0::1',
      'ff02::1',
    ],
  ])('refuses the address %s', async (address) => {
    expect(await judged(`https://${isIP(address) === 6 ? `[${address}]` : address}/`)).toBe('refused');
  });

  it.each([
    ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
    ...['172.15.255.255', '172.32.0.0', '192.167.255.255', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
    ...['2001:200::1', '2606:4700::1', '2a00:1450::1', '3ffe::1'],
  ])('lets the address %s pass', async (address) => {
    expect(await judged(`https://${isIP(address) === 6 ? `[${address}]` : address}/`)).toBe('AbortError');
  });

  it.each(['http://desk.example/', 'file:///etc/passwd', 'https://user@desk.example/', 'https://:pw@desk.example/'])(
    'refuses %s',
    async (url) => {
      expect(await judged(url)).toBe('refused');
    },
  );

  const answering = (...addresses: string[]) => {
    const asked: string[] = [];
    const lookup = ((hostname: string, _options: object, callback: (e: null, a: LookupAddress[]) => void) => {
      asked.push(hostname);
      callback(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      );
    }) as LookupFunction;
    return { asked, lookup };
  };

  it.each([
    ['leads to a private address', ['10.0.0.1']],
    ['leads to a public and a private one', ['1.1.1.1', '127.0.0.1']],
    ['leads to a private IPv6 address beside a public one', ['1.1.1.1', '::1']],
    ['leads nowhere', []],
    ['leads to what is no address', ['localhost']],
  ])('refuses a name that %s', async (_what, addresses) => {
    const { asked, lookup } = answering(...addresses);
    await expect(createGuardedFetch({ lookup })('https://desk.example/')).rejects.toThrow(refusal);
    expect(asked).toEqual(['desk.example']);
  });

  it('connects to what it looked up, once', async () => {
    await using server = await serve();
    const { asked, lookup } = answering('127.0.0.1');
    const fetch = createGuardedFetch({ lookup, isAllowed: (address) => address === '127.0.0.1' });
    const response = await fetch(`${server.issuer}/jwks`, { headers: { accept: 'application/json' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({ keys: [traderKey.jwk] });
    expect(asked).toEqual(['localhost']);
  });

  it('follows no redirect and gives no body that is no answer', async () => {
    await using server = await serve();
    server.answers['/jwks'] = (_request, response) => {
      response.writeHead(302, { location: `${server.issuer}/other` }).end('<html>internal</html>');
    };
    const response = await createGuardedFetch({ isAllowed: () => true })(`${server.issuer}/jwks`);
    expect([response.status, await response.text()]).toEqual([302, '']);
    expect(server.asked).toEqual(['/jwks']);
  });

  it('wants a certificate for the name that was asked for', async () => {
    await using server = await serve();
    const fetch = createGuardedFetch({ lookup: answering('127.0.0.1').lookup, isAllowed: () => true });
    await expect(fetch(`${at(server, 'desk.example')}/jwks`)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(server.asked).toEqual([]);
  });

  it('ends when nobody waits any more', async () => {
    await using server = await serve();
    const end = new AbortController();
    server.answers['/jwks'] = () => end.abort();
    const fetch = createGuardedFetch({ isAllowed: () => true });
    await expect(fetch(`${server.issuer}/jwks`, { signal: end.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
