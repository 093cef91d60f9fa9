import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { hashPassword } from '@holdfast/issuer';
import { exportJWK, generateKeyPair } from 'jose';
import { freePort } from '../free-port.ts';
import { type Serving, serving } from './holdfast-process.ts';

export const CALLBACK = 'https://desk.example/callback';
export const VENUE = 'https://venue.example';
export const PASSWORD = 'correct horse battery staple';

/** What an operator has to have before there can be an issuer, with a client `desk` and a person `anna`. */
export interface IssuerFolder extends AsyncDisposable {
  readonly path: string;
  readonly issuer: string;
  readonly mtlsOrigin: string;
  /** PEM. */
  readonly ca: string;
  /** Of the client. */
  readonly clientKey: CryptoKey;
  /** Writes a configuration with these changes, and returns its path. */
  configured(changes?: object): Promise<string>;
  /** `holdfast issuer` with this configuration. It is killed with the folder. */
  start(config: string): Promise<Serving>;
}

export async function issuerFolder(): Promise<IssuerFolder> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-issuer-'));
  const clientKey = await generateKeyPair('ES256', { extractable: true });
  await ensureCertificates(join(path, 'certs'), { now: new Date() });
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const signingKey = { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'ES256' };
  await writeFile(join(path, 'issuer.jwk.json'), JSON.stringify(signingKey));
  const account = { username: 'anna', password: await hashPassword(PASSWORD), sub: 'person-anna' };
  await writeFile(join(path, 'accounts.json'), JSON.stringify([account]));
  const [issuer, mtlsOrigin] = [`https://localhost:${await freePort()}`, `https://localhost:${await freePort()}`];
  const jwks = { keys: [{ ...(await exportJWK(clientKey.publicKey)), alg: 'ES256' }] };
  const children: Serving[] = [];
  return {
    path,
    issuer,
    mtlsOrigin,
    ca: await readFile(join(path, 'certs/ca.pem'), 'utf8'),
    clientKey: clientKey.privateKey,
    async configured(changes = {}) {
      const file = join(path, `${randomUUID()}.json`);
      await writeFile(file, JSON.stringify({ ...configuration(issuer, mtlsOrigin, jwks), ...changes }));
      return file;
    },
    async start(config) {
      const child = await serving('issuer', '--config', config);
      children.push(child);
      return child;
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of children) child.kill('SIGKILL');
      await rm(path, { recursive: true, force: true });
    },
  };
}

function configuration(issuer: string, mtlsOrigin: string, jwks: object): object {
  return {
    issuer,
    mtls_origin: mtlsOrigin,
    tls: { cert: 'certs/server.pem', key: 'certs/server.key.pem', client_authorities: 'certs/ca.pem' },
    signing_key_files: ['issuer.jwk.json'],
    accounts: 'accounts.json',
    resources: [{ resource: VENUE, scope: 'orders:read orders:write' }],
    clients: [
      {
        client_id: 'desk',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks,
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        scope: 'openid offline_access orders:read orders:write',
        dpop_bound_access_tokens: true,
      },
    ],
  };
}
