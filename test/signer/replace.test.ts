import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueClient } from '@holdfast/certs-scripts';
import { CLIENT_EVENTS, type ClientEvent, createClient, generateKey } from '@holdfast/signer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { authority } from './authorities.ts';
import { assertionKey, dpopClient, mtlsClient, proofKey } from './clients.ts';
import { granted, type Script } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';
import { asksForCertificate, type Received } from './tls-server.ts';

const numbered = (_: unknown, nth: number) => granted({ access_token: `token-${nth}` });
const authorizationOf = ({ headers }: Received) => headers.get('authorization');

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

function eventsOf(): ClientEvent[] {
  const seen: ClientEvent[] = [];
  const listener = (message: unknown) => seen.push(message as ClientEvent);
  subscribe(CLIENT_EVENTS, listener);
  onTestFinished(() => void unsubscribe(CLIENT_EVENTS, listener));
  return seen;
}

describe('another key', () => {
  it('serves as soon as there is a token for it, and what is under way ends with the one before', async () => {
    const [slow, token] = [gate(), gate()];
    await using venue = await scriptedVenue(
      async ({ target }) => {
        if (target === '/slow') await slow.opened;
        return { body: 'ok' };
      },
      {
        script: {
          token: async (request, nth) => {
            if (nth === 2) await token.opened;
            return numbered(request, nth);
          },
        },
      },
    );
    await venue.client.fetch(`${venue.origin}/first`);
    const slowly = venue.client.fetch(`${venue.origin}/slow`);
    const key = await generateKey('Ed25519');
    const replaced = venue.client.replace({ binding: { method: 'dpop', key } });
    await venue.client.fetch(`${venue.origin}/meanwhile`);
    token.open();
    await replaced;
    await venue.client.fetch(`${venue.origin}/after`);
    slow.open();
    expect((await slowly).status).toBe(200);
    const sent = Object.fromEntries(
      venue.calls.map((call) => [call.target, [authorizationOf(call), call.proof?.header.alg]]),
    );
    expect(sent).toEqual({
      '/first': ['DPoP token-1', 'ES256'],
      '/slow': ['DPoP token-1', 'ES256'],
      '/meanwhile': ['DPoP token-1', 'ES256'],
      '/after': ['DPoP token-2', key.alg],
    });
    expect(venue.issuer.tokenRequests[1]?.proof?.header.alg).toBe(key.alg);
  });

  it('is not taken when the issuer gives no token for it: the one before serves on', async () => {
    const seen = eventsOf();
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      script: { token: (_, nth) => (nth === 2 ? { status: 400, body: { error: 'invalid_grant' } } : granted()) },
    });
    await venue.client.fetch(venue.origin);
    const replaced = venue.client.replace({ binding: { method: 'dpop', key: await generateKey('Ed25519') } });
    await expect(replaced).rejects.toMatchObject({ detail: 'invalid_grant' });
    expect((await venue.client.fetch(venue.origin)).status).toBe(200);
    expect(venue.calls.map(({ proof }) => proof?.header.alg)).toEqual(['ES256', 'ES256']);
    expect(seen.map(({ event }) => event)).toContain('identity_refused');
  });

  it('C088 is also one that authenticates, with its kid', async () => {
    let time = 1_790_000_000_000;
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      make: (options) => dpopClient({ ...options, clock: () => time }),
    });
    await venue.client.fetch(venue.origin);
    const auth = { method: 'private_key_jwt', key: await generateKey('PS256'), kid: 'next' } as const;
    await venue.client.replace({ auth });
    time += 300_000;
    await venue.client.fetch(venue.origin);
    expect(venue.issuer.tokenRequests.map(({ assertion }) => assertion?.header.kid)).toEqual([
      undefined,
      'next',
      'next',
    ]);
  });

  it('takes over every token in use, and nonces are its own', async () => {
    await using venue = await scriptedVenue(() => ({ headers: { 'dpop-nonce': 'of-the-first' } }), {
      script: { token: numbered },
    });
    const other = venue.client.for({ scope: 'positions:read' });
    await venue.client.fetch(venue.origin);
    await other.fetch(venue.origin);
    await venue.client.replace({ binding: { method: 'dpop', key: await generateKey() } });
    await Promise.all([venue.client.token(), other.token()]);
    expect(venue.issuer.tokenRequests).toHaveLength(4);
    await other.fetch(venue.origin);
    expect(venue.calls.at(-1)?.proof?.payload['nonce']).toBeUndefined();
  });

  it('does not bring a client back that was closed', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    await venue.client.fetch(venue.origin);
    await venue.client.close();
    const replaced = venue.client.replace({
      binding: { method: 'dpop', key: await generateKey() },
      tls: { ca: authority.certificate },
    });
    await expect(replaced).rejects.toThrow('closed');
    await expect(venue.client.fetch(venue.origin)).rejects.toThrow();
    expect(venue.issuer.tokenRequests).toHaveLength(1);
  });

  it('follows another at once, and close waits for both', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), { script: { token: numbered } });
    await venue.client.fetch(venue.origin);
    const keys = await Promise.all([generateKey(), generateKey()]);
    const replaced = keys.map((key) => venue.client.replace({ binding: { method: 'dpop', key } }));
    await Promise.all(replaced);
    await venue.client.fetch(venue.origin);
    expect(venue.calls.at(-1)?.proof?.header.jwk).toEqual(keys[1]?.publicJwk);
  });
});

/** A trader's certificate in files, and how to renew it. */
async function certificateFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [caFile, certFile, keyFile] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(caFile, authority.certificate);
  const issue = () => issueClient(authority, { commonName: 'trader', now: new Date(), days: 2 });
  const replaceFile = (path: string, text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const write = ({ certificate, key }: { certificate: string; key: string }) => {
    replaceFile(certFile, certificate);
    replaceFile(keyFile, key);
  };
  const first = await issue();
  write(first);
  return { files: { caFile, certFile, keyFile }, first, issue, write, replaceFile };
}

const bearer = {
  tls: asksForCertificate,
  token: (_: unknown, nth: number) => granted({ access_token: `token-${nth}`, token_type: 'Bearer' }),
} satisfies Script;

describe('another certificate on disk', () => {
  it('MTLS-3-01 is taken over without dropping a request, and with a token that is bound to it', async () => {
    const { files, first, issue, write } = await certificateFiles();
    const slow = gate();
    await using venue = await scriptedVenue(
      async ({ target }) => {
        if (target === '/slow') await slow.opened;
        return { body: 'ok' };
      },
      { make: (options) => mtlsClient({ ...options, tls: files }), script: bearer, tls: asksForCertificate },
    );
    await venue.client.fetch(`${venue.origin}/first`);
    const slowly = venue.client.fetch(`${venue.origin}/slow`);
    const second = await issue();
    write(second);
    await venue.client.reload();
    await venue.client.fetch(`${venue.origin}/after`);
    slow.open();
    expect((await slowly).status).toBe(200);
    const shown = Object.fromEntries(
      venue.received.map((each) => [each.target, [authorizationOf(each), each.certificate?.toString('hex')]]),
    );
    const [before, after] = [first, second].map(({ der }) => Buffer.from(der).toString('hex'));
    expect(shown).toEqual({
      '/first': ['Bearer token-1', before],
      '/slow': ['Bearer token-1', before],
      '/after': ['Bearer token-2', after],
    });
    const asked = venue.issuer.tokenRequests.map(({ received }) => received.certificate?.toString('hex'));
    expect(asked).toEqual([before, after]);
  });

  it('closes the connections of the one before, when their last request has ended', async () => {
    const { files, issue, write } = await certificateFiles();
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      make: (options) => mtlsClient({ ...options, tls: files }),
      script: bearer,
      tls: asksForCertificate,
    });
    await (await venue.client.fetch(venue.origin)).text();
    const open = () => new Promise<number>((resolve) => venue.server.getConnections((_, count) => resolve(count)));
    expect(await open()).toBe(1);
    write(await issue());
    await venue.client.reload();
    while ((await open()) > 0) await new Promise(setImmediate);
    expect((await venue.client.fetch(venue.origin)).status).toBe(200);
  });

  it('is found by itself', async () => {
    const { files, issue, write } = await certificateFiles();
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      make: (options) => mtlsClient({ ...options, tls: { ...files, interval: 20 } }),
      script: bearer,
      tls: asksForCertificate,
    });
    await venue.client.fetch(venue.origin);
    const second = await issue();
    write(second);
    const isNew = async () => {
      await venue.client.fetch(venue.origin);
      return venue.received.at(-1)?.certificate?.equals(second.der) === true;
    };
    while (!(await isNew())) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('is left alone while its key is missing, and used when it is there', async () => {
    const seen = eventsOf();
    const { files, issue, first, replaceFile } = await certificateFiles();
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      make: (options) => mtlsClient({ ...options, tls: { ...files, interval: 10 } }),
      script: bearer,
      tls: asksForCertificate,
    });
    await venue.client.fetch(venue.origin);
    const second = await issue();
    replaceFile(files.certFile, second.certificate);
    await expect(venue.client.reload()).rejects.toMatchObject({
      code: 'certificate_unusable',
      detail: 'the key is not that of the certificate',
    });
    while (!seen.some(({ event }) => event === 'identity_refused')) await new Promise((go) => setTimeout(go, 5));
    await venue.client.fetch(venue.origin);
    expect(venue.received.at(-1)?.certificate?.equals(first.der)).toBe(true);
    replaceFile(files.keyFile, second.key);
    await venue.client.reload();
    await venue.client.fetch(venue.origin);
    expect(venue.received.at(-1)?.certificate?.equals(second.der)).toBe(true);
  });

  it('is found when it came while the one before it was being taken over', async () => {
    const { files, issue, write } = await certificateFiles();
    const issuer = gate();
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      make: (options) => mtlsClient({ ...options, tls: files }),
      script: {
        ...bearer,
        async token(request, nth) {
          if (nth === 2) await issuer.opened;
          return bearer.token(request, nth);
        },
      },
      tls: asksForCertificate,
    });
    await venue.client.fetch(venue.origin);
    write(await issue());
    const first = venue.client.reload();
    await expect.poll(() => venue.issuer.tokenRequests.length).toBe(2);
    const third = await issue();
    write(third);
    const second = venue.client.reload();
    issuer.open();
    await Promise.all([first, second]);
    await venue.client.fetch(venue.origin);
    expect(venue.received.at(-1)?.certificate?.equals(third.der)).toBe(true);
  });

  it('is not taken while the issuer refuses it, and tried again', async () => {
    const { files, first, issue, write } = await certificateFiles();
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      make: (options) => mtlsClient({ ...options, tls: files }),
      script: {
        ...bearer,
        token: (request, nth) =>
          nth === 2 ? { status: 401, body: { error: 'invalid_client' } } : bearer.token(request, nth),
      },
      tls: asksForCertificate,
    });
    await venue.client.fetch(venue.origin);
    const second = await issue();
    write(second);
    await expect(venue.client.reload()).rejects.toMatchObject({ detail: 'invalid_client' });
    await venue.client.fetch(venue.origin);
    expect(venue.received.at(-1)?.certificate?.equals(first.der)).toBe(true);
    await venue.client.reload();
    await venue.client.fetch(venue.origin);
    expect(venue.received.at(-1)?.certificate?.equals(second.der)).toBe(true);
  });

  it.each([
    ['certificate and no key', ({ certFile }: { certFile: string }) => ({ certFile })],
    ['files that are not there', () => ({ certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' })],
    ['a key for a certificate', ({ keyFile }: { keyFile: string }) => ({ certFile: keyFile, keyFile })],
  ])('cannot begin with a %s', async (_, tls) => {
    const { files, first } = await certificateFiles();
    const make = () =>
      createClient({
        issuer: 'https://as.example',
        clientId: 'trader',
        auth: { method: 'private_key_jwt', key: assertionKey },
        binding: { method: 'dpop', key: proofKey },
        tls: tls(files),
      });
    expect(make).toThrowError(expect.objectContaining({ code: 'certificate_unusable' }));
    expect(make).not.toThrowError(first.key.split('\n')[1]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('is not looked for every %d ms', async (interval) => {
    const { files } = await certificateFiles();
    expect(() => mtlsClient({ issuer: 'https://as.example', tls: { ...files, interval } })).toThrow('tls.interval');
  });

  it('cannot begin with an empty authority, for which Node would trust every public one', async () => {
    const { files } = await certificateFiles();
    expect(() => mtlsClient({ issuer: 'https://as.example', tls: { ca: '' } })).toThrow('tls.ca');
    writeFileSync(files.caFile, '');
    expect(() => mtlsClient({ issuer: 'https://as.example', tls: files })).toThrow(
      expect.objectContaining({ code: 'certificate_unusable', detail: 'an empty file' }),
    );
  });

  it('cannot begin with an authority that would not be heard of beside files', async () => {
    const { files } = await certificateFiles();
    const { certFile, keyFile } = files;
    const tls = { ca: authority.certificate, certFile, keyFile };
    expect(() => mtlsClient({ issuer: 'https://as.example', tls })).toThrow('PEM or files');
  });
});
