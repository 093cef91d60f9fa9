import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  type CertificateSet,
  type Credential,
  createAuthority,
  ensureCertificates,
  type FilePair,
  issueClient,
  loadAuthority,
} from '@holdfast/certs-scripts';
import { beforeAll, describe, expect, it } from 'vitest';
import { handshake, type Seen } from './handshake.ts';

const now = new Date();
const trader = { commonName: 'trader-mtls', organization: 'Holdfast Demo', now, days: 1 };
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some((at) => at.address === '::1'));

type Pem = Pick<Credential, 'certificate' | 'key'>;

let set: ReturnType<typeof readSet>;
let authority: Authority;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-certs-'));
  try {
    set = readSet(await ensureCertificates(folder, { now }));
  } finally {
    rmSync(folder, { recursive: true });
  }
  authority = await loadAuthority(set.authority);
});

describe('a client that trusts ca.pem', () => {
  it.each(['localhost', '127.0.0.1'])('accepts server.pem as %s', async (name) => {
    expect((await visit(set.server, name)).clientError).toBeUndefined();
  });

  it.skipIf(!hasIPv6)('accepts server.pem as ::1', async () => {
    expect((await visit(set.server, '::1')).clientError).toBeUndefined();
  });

  it('refuses server.pem under a name it does not have', async () => {
    expect((await visit(set.server, 'elsewhere.example')).clientError).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('refuses the server with the wrong name, which is sound under its own', async () => {
    expect((await visit(set.wrongNameServer, 'localhost')).clientError).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect((await visit(set.wrongNameServer, 'elsewhere.example')).clientError).toBeUndefined();
  });

  it('refuses the expired server', async () => {
    expect((await visit(set.expiredServer, 'localhost')).clientError).toBe('CERT_HAS_EXPIRED');
  });

  it('refuses a client certificate as a server', async () => {
    const server = await issueClient(authority, { ...trader, dnsNames: ['localhost'] });
    expect((await visit(server, 'localhost')).clientError).toBe('INVALID_PURPOSE');
  });

  it('refuses server.pem when it trusts the other authority instead', async () => {
    const seen = await visit(set.server, 'localhost', set.otherAuthority);
    expect(seen.clientError).toMatch(UNKNOWN_ISSUER);
  });
});

describe('a server that trusts ca.pem', () => {
  it('authorizes trader-mtls', async () => {
    expect(await present(set.traderMtls)).toMatchObject({
      authorized: true,
      authorizationError: undefined,
      peerSubject: 'O=Holdfast Demo\nCN=trader-mtls',
    });
  });

  it('authorizes the thief, under its own name', async () => {
    expect(await present(set.thief)).toMatchObject({
      authorized: true,
      peerSubject: 'O=Holdfast Demo\nCN=thief',
    });
  });

  it('sees but does not authorize the self-signed client', async () => {
    expect(await present(set.traderSelfSigned)).toMatchObject({
      authorized: false,
      authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      peerSubject: 'CN=trader-self-signed',
    });
  });

  it.each([
    ['the expired client', 'expiredClient', 'CERT_HAS_EXPIRED'],
    ['the client that is not yet valid', 'notYetValidClient', 'CERT_NOT_YET_VALID'],
    ['the client of the other authority', 'otherAuthorityClient', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('does not authorize %s, who has the name of trader-mtls', async (_, name, authorizationError) => {
    expect(await present(set[name])).toMatchObject({
      authorized: false,
      authorizationError,
      peerSubject: 'O=Holdfast Demo\nCN=trader-mtls',
    });
  });

  it('authorizes the client of the other authority where that one is trusted', async () => {
    expect(await present(set.otherAuthorityClient, set.otherAuthority)).toMatchObject({ authorized: true });
  });

  it('does not authorize a client of an authority that only has the same name', async () => {
    const impostor = await createAuthority({ commonName: 'Holdfast Demo Authority', now });
    const seen = await present(await issueClient(impostor, trader));
    expect(seen.authorized).toBe(false);
    expect(seen.authorizationError).toMatch(UNKNOWN_ISSUER);
  });

  it('does not authorize a certificate for servers', async () => {
    const wrong = { authorized: false, authorizationError: 'INVALID_PURPOSE' };
    expect(await present(set.server)).toMatchObject(wrong);
    const client = await issueClient(authority, { ...trader, usage: 'serverAuth' });
    expect(await present(client)).toMatchObject(wrong);
  });
});

const UNKNOWN_ISSUER = /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?)$/;

/** The server with that credential, as a client finds it that trusts the authority. */
async function visit(server: Pem, name: string, trusted = set.authority): Promise<Seen> {
  const { certificate: cert, key } = server;
  const place = name.includes(':') || name === '127.0.0.1' ? { host: name } : { servername: name };
  return await handshake({ cert, key, ca: trusted.certificate }, { ca: trusted.certificate, ...place });
}

/** The client with that credential, as a server finds it that trusts the authority. */
async function present(client: Pem, trusted = set.authority): Promise<Seen> {
  const { certificate: cert, key } = set.server;
  const presented = { cert: client.certificate, key: client.key, servername: 'localhost' };
  const seen = await handshake({ cert, key, ca: trusted.certificate }, { ca: set.authority.certificate, ...presented });
  expect(seen.clientError).toBeUndefined();
  return seen;
}

function readSet({ authority, server, clients, wrong }: CertificateSet) {
  const pairs = { authority, server, ...clients, ...wrong };
  const load = ([name, pair]: [string, FilePair]) => [
    name,
    { certificate: readFileSync(pair.certificate, 'utf8'), key: readFileSync(pair.key, 'utf8') },
  ];
  return Object.fromEntries(Object.entries(pairs).map(load)) as Record<keyof typeof pairs, Pem>;
}
