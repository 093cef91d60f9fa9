import type { Algorithm } from '@holdfast/proof';
import { createSigner, generateKey, type ProofKey, type Signer } from '@holdfast/signer';
import type { Issuer } from './issuer.ts';

/** A client with a key and a token of its own. */
export interface Client {
  readonly key: ProofKey;
  readonly signer: Signer;
  readonly token: string;
}

const AT_ONCE = 250; // keys under way: enough for the thread pool

export async function createClient(issuer: Issuer, alg: Algorithm): Promise<Client> {
  const key = await generateKey(alg);
  return { key, signer: createSigner({ key }), token: await issuer.token({ jkt: key.jkt }) };
}

export async function createClients(issuer: Issuer, alg: Algorithm, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, () => createClient(issuer, alg));
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}
