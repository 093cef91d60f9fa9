import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueClient } from '@holdfast/certs-scripts';
import { createIssuer, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import type { Clock } from '@holdfast/proof';
import type { TlsFiles } from '@holdfast/signer';
import { memoryStore } from '@holdfast/stores';
import { createVenue, Exchange } from '@holdfast/venue';
import { createVerifier } from '@holdfast/verifier';
import fastify from 'fastify';
import { exportJWK, generateKeyPair } from 'jose';
import { freePort } from '../free-port.ts';
import { authority, servers } from './authorities.ts';
import { assertionKey } from './clients.ts';

export interface StormScene extends AsyncDisposable {
  readonly issuer: string;
  readonly venue: string;
  readonly exchange: Exchange;
}

const { certificate: cert, key } = servers.sound;
const https = { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false };
const SCOPE = 'orders:read orders:write';

/**
 * Our issuer and our venue, one listener each, for certificates and without. Tokens live as short as an issuer gives them,
 * and the venue has another nonce every two seconds of the clock.
 */
export async function openStormScene(clock: Clock): Promise<StormScene> {
  const [issuerPort, venuePort] = [await freePort(), await freePort()];
  const [issuer, venue] = [`https://localhost:${issuerPort}`, `https://localhost:${venuePort}`];
  const endpoints = await createIssuer({ config: await configOf(issuer, venue), store: memoryStore({ clock }), clock });
  const issuerApp = fastify({ https });
  issuerApp.register(issuerRoutes, { issuer: endpoints, origin: issuer });
  await issuerApp.listen({ port: issuerPort, host: '127.0.0.1' });
  const exchange = new Exchange({ clock, limits: { maxClosedOrders: 10_000 } });
  const verifier = createVerifier({
    issuer,
    audience: venue,
    origin: venue,
    jwks: await publishedKeys(issuerApp),
    status: 'off',
    nonceStep: 2,
    clock,
  });
  const venueApp = createVenue({ verifier, exchange, https });
  await venueApp.listen({ port: venuePort, host: '127.0.0.1' });
  return {
    issuer,
    venue,
    exchange,
    async [Symbol.asyncDispose]() {
      await Promise.all([issuerApp.close(), venueApp.close()]);
    },
  };
}

async function configOf(issuer: string, venue: string) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return readConfig({
    issuer,
    signing_keys: [{ ...(await exportJWK(privateKey)), kid: 'storm', alg: 'ES256' }],
    resources: [{ resource: venue, scope: SCOPE }],
    access_token_lifetime: 10,
    clients: [
      {
        client_id: 'trader',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...assertionKey.publicJwk }] },
        dpop_bound_access_tokens: true,
        scope: SCOPE,
      },
      {
        client_id: 'trader-mtls',
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=trader',
        tls_client_certificate_bound_access_tokens: true,
        scope: SCOPE,
      },
    ],
  });
}

async function publishedKeys(app: { inject(path: string): Promise<{ json(): unknown }> }) {
  return (await app.inject('/jwks')).json() as { keys: Record<string, unknown>[] };
}

export interface RenewableFiles extends Disposable {
  readonly files: TlsFiles;
  /** Another certificate for the same name, with another key, where the one before was. */
  renew(): Promise<void>;
}

export async function renewableFiles(): Promise<RenewableFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-storm-'));
  const path = (name: string) => join(folder, name);
  const put = (name: string, text: string) => {
    writeFileSync(path(`${name}.new`), text);
    renameSync(path(`${name}.new`), path(name));
  };
  const renew = async () => {
    const made = await issueClient(authority, { commonName: 'trader', now: new Date(), days: 2 });
    put('cert.pem', made.certificate);
    put('key.pem', made.key);
  };
  put('ca.pem', authority.certificate);
  await renew();
  return {
    files: { caFile: path('ca.pem'), certFile: path('cert.pem'), keyFile: path('key.pem'), interval: 100 },
    renew,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
