import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DemoClient, type Deployment, deploy } from '@holdfast/cli';
import { calculateJwkThumbprint, decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oauth4webapiClient } from './oauth4webapi-client.ts';
import { openidClientClient } from './openid-client-client.ts';
import { assertionKey, fetchOver, type PeerOptions, proofKeys } from './peer-client.ts';

const state = mkdtempSync(join(tmpdir(), 'holdfast-interop-'));
let deployment: Deployment;
let ca: string;

beforeAll(async () => {
  deployment = await deploy({ state, port: 0 });
  ca = await readFile(deployment.facts.ca, 'utf8');
});
afterAll(async () => {
  await deployment.close();
  rmSync(state, { recursive: true, force: true });
});

function registered(id: string): DemoClient {
  const client = deployment.facts.clients.find(({ client_id }) => client_id === id);
  if (client === undefined) throw new TypeError(`no client ${id}`);
  return client;
}

async function certificateOf({ certificate, key }: { certificate: string; key: string }) {
  return { ca, cert: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
}

async function dpopOptions(differences: Partial<PeerOptions> = {}): Promise<PeerOptions> {
  return {
    issuer: deployment.facts.issuer,
    clientId: 'trader-dpop',
    assertionKey: await assertionKey(registered('trader-dpop')),
    proofKeys: await proofKeys(),
    fetch: fetchOver({ ca }),
    ...differences,
  };
}

async function mtlsOptions(clientId: string, differences: Partial<PeerOptions> = {}): Promise<PeerOptions> {
  const { cert: certificate = '', key } = registered(clientId);
  const fetch = fetchOver(await certificateOf({ certificate, key }));
  return { issuer: deployment.facts.issuer, clientId, fetch, ...differences };
}

const order = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 10, price: '99.00' };

describe.each([
  ['oauth4webapi', oauth4webapiClient],
  ['openid-client', openidClientClient],
])('a client built from %s trades at our venue', (_, makePeer) => {
  it('by private_key_jwt and DPoP, with the nonces of issuer and venue', async () => {
    const options = await dpopOptions();
    const client = await makePeer(options);
    const token = await client.token();
    const jwk = await crypto.subtle.exportKey('jwk', options.proofKeys?.publicKey as CryptoKey);
    expect(decodeJwt(token)['cnf']).toEqual({ jkt: await calculateJwkThumbprint(jwk as { kty: string }) });

    const { resource } = deployment.facts;
    const placed = await client.call(token, 'POST', `${resource}/orders`, order);
    expect(placed).toMatchObject({ status: 201, body: { status: 'open' } });
    const read = await client.call(token, 'GET', `${resource}/orders/${placed.body['id']}?`);
    expect(read).toMatchObject({ status: 200, body: { id: placed.body['id'] } });
    const cancelled = await client.call(token, 'DELETE', `${resource}/orders/${placed.body['id']}`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });

  it('by several requests at once under one nonce', async () => {
    const client = await makePeer(await dpopOptions());
    const token = await client.token();
    const url = `${deployment.facts.resource}/orders`;
    await client.call(token, 'GET', url);
    const replies = await Promise.all(Array.from({ length: 20 }, () => client.call(token, 'GET', url)));
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
  });

  it.each(['trader-mtls', 'trader-self-signed'])(
    'by certificate, to authenticate and to bind: %s',
    async (clientId) => {
      const client = await makePeer(await mtlsOptions(clientId));
      const token = await client.token();
      expect(decodeJwt(token)['cnf']).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) });
      const { mtlsResource } = deployment.facts;
      const placed = await client.call(token, 'POST', `${mtlsResource}/orders`, order);
      expect(placed).toMatchObject({ status: 201, body: { status: 'open' } });
      const read = await client.call(token, 'GET', `${mtlsResource}/orders/${placed.body['id']}`);
      expect(read).toMatchObject({ status: 200, body: { id: placed.body['id'] } });
    },
  );

  it('by certificate to authenticate, and DPoP to bind', async () => {
    const client = await makePeer(await mtlsOptions('trader-mtls-dpop', { proofKeys: await proofKeys() }));
    const token = await client.token();
    const placed = await client.call(token, 'POST', `${deployment.facts.resource}/orders`, order);
    expect(placed).toMatchObject({ status: 201, body: { status: 'open' } });
  });

  it('and is refused with the token of a client whose DPoP key it has not', async () => {
    const token = await (await makePeer(await dpopOptions())).token();
    const thief = await makePeer(await dpopOptions({ proofKeys: await proofKeys() }));
    const reply = await thief.call(token, 'GET', `${deployment.facts.resource}/orders`);
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_token', code: 'key_mismatch' } });
  });

  it('and is refused with a token that was bound to another certificate, and without any', async () => {
    const token = await (await makePeer(await mtlsOptions('trader-mtls'))).token();
    const stranger = fetchOver(await certificateOf(deployment.certificates.clients.thief));
    const url = `${deployment.facts.mtlsResource}/orders`;
    const thief = await makePeer(await mtlsOptions('trader-mtls', { fetch: stranger }));
    expect(await thief.call(token, 'GET', url)).toMatchObject({ status: 401, body: { code: 'certificate_mismatch' } });
    const naked = await makePeer(await mtlsOptions('trader-mtls', { fetch: fetchOver({ ca }) }));
    expect(await naked.call(token, 'GET', url)).toMatchObject({ status: 401, body: { code: 'certificate_missing' } });
  });

  it('and is refused when it brings a DPoP token by the Bearer scheme', async () => {
    const token = await (await makePeer(await dpopOptions())).token();
    const bearer = await makePeer(await dpopOptions({ proofKeys: undefined }));
    const reply = await bearer.call(token, 'GET', `${deployment.facts.resource}/orders`);
    expect(reply).toMatchObject({ status: 401, body: { code: 'scheme_mismatch' } });
  });

  const strangers: [string, () => Promise<PeerOptions>][] = [
    [
      'another assertion key',
      async () => dpopOptions({ assertionKey: await assertionKey(registered('auditor-dpop')) }),
    ],
    ['no proof', () => dpopOptions({ proofKeys: undefined })],
    ['a scope it may not have', () => dpopOptions({ scope: 'admin' })],
    [
      'another certificate',
      async () => {
        const stranger = await certificateOf(deployment.certificates.clients.thief);
        return mtlsOptions('trader-mtls', { fetch: fetchOver(stranger) });
      },
    ],
    [
      'a certificate of another authority',
      async () => {
        const stranger = await certificateOf(deployment.certificates.wrong.otherAuthorityClient);
        return mtlsOptions('trader-mtls', { fetch: fetchOver(stranger) });
      },
    ],
    ['no certificate', () => mtlsOptions('trader-mtls', { fetch: fetchOver({ ca }) })],
  ];
  it.each(strangers)('and gets no token with %s', async (_name, options) => {
    const client = await makePeer(await options());
    await expect(client.token()).rejects.toMatchObject({
      error: expect.stringMatching(/^invalid_(client|dpop_proof|request|scope)$/),
    });
  });
});
