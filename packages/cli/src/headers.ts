import { readFile } from 'node:fs/promises';
import { createClient, createSigner, generateKey, importKey } from '@holdfast/signer';
import { UsageError } from './command-error.ts';
import type { DemoClient } from './demo/clients.ts';
import type { DeploymentFacts } from './demo/deployment.ts';
import { readFacts } from './demo/facts-file.ts';
import { createWire } from './demo/wire.ts';
import { readPrivateKey } from './private-key-file.ts';

export interface HeadersOptions {
  readonly method: string;
  readonly url: string;
  readonly client: string;
  readonly state: string;
}

/** The header lines of one authorised request, for `curl -H @-`: a new token and, for DPoP, a proof that is good once. */
export async function requestHeaders({ method, url, client: id, state }: HeadersOptions): Promise<string> {
  if (URL.parse(url)?.protocol !== 'https:') throw new UsageError('the second argument must be an https URL');
  const facts = await readFacts(state);
  const client = facts.clients.find((each) => each.client_id === id);
  if (client === undefined) {
    throw new UsageError(`--client: one of ${facts.clients.map((each) => each.client_id).join(', ')}`);
  }
  const ca = await readFile(facts.ca, 'utf8');
  return client.binding === 'mtls'
    ? certificateHeaders(facts, client, ca)
    : dpopHeaders(facts, client, ca, method, url);
}

async function certificateHeaders({ issuer }: DeploymentFacts, client: DemoClient, ca: string): Promise<string> {
  const tls = await identity(client, ca);
  const auth = { method: client.auth as 'tls_client_auth' | 'self_signed_tls_client_auth' };
  const holder = createClient({ issuer, clientId: client.client_id, auth, binding: { method: 'mtls' }, tls });
  try {
    return `Authorization: Bearer ${(await holder.token()).accessToken}`;
  } finally {
    await holder.close({ revoke: false });
  }
}

async function dpopHeaders(
  facts: DeploymentFacts,
  client: DemoClient,
  ca: string,
  method: string,
  url: string,
): Promise<string> {
  const key = await generateKey();
  const isJwt = client.auth === 'private_key_jwt';
  const auth = isJwt
    ? ({ method: 'private_key_jwt', key: await importKey(await readPrivateKey(client.key)) } as const)
    : ({ method: 'tls_client_auth' } as const);
  const tls = isJwt ? { ca } : await identity(client, ca);
  const holder = createClient({
    issuer: facts.issuer,
    clientId: client.client_id,
    auth,
    binding: { method: 'dpop', key },
    tls,
  });
  const wire = createWire({ ca });
  try {
    const { accessToken } = await holder.token();
    // The venue tells its nonce to everybody who asks
    const { nonce } = await wire.send({ url });
    const proof = await createSigner({ key }).proof({ method, url, accessToken, nonce });
    return `Authorization: DPoP ${accessToken}\nDPoP: ${proof}`;
  } finally {
    await Promise.all([holder.close({ revoke: false }), wire.close()]);
  }
}

async function identity({ cert, key }: DemoClient, ca: string): Promise<{ ca: string; cert: string; key: string }> {
  return { ca, cert: await readFile(cert ?? '', 'utf8'), key: await readFile(key, 'utf8') };
}
