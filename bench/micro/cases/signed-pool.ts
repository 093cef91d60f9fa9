import { createPublicKey, type KeyObject, type SigningOptions } from 'node:crypto';
import { type Algorithm, algorithms } from '@holdfast/proof';
import type { Client } from '../../scene/client.ts';
import { METHOD, URL_CALLED } from '../../scene/request.ts';
import type { Scene } from '../../scene/scene.ts';

/** A proof as what `crypto.verify` wants. */
export interface Signed {
  readonly digest: 'sha256' | 'sha384' | null;
  readonly key: { readonly key: KeyObject };
  readonly input: Buffer;
  readonly signature: Buffer;
}

const OF_EACH = 3;

/**
 * Proofs of the clients of a scene, one after the other and several times over. Raw cryptography does not remember that it
 * has seen one, so they may go round.
 */
export async function signedPool({ clients }: Scene): Promise<Signed[]> {
  const pool: Signed[] = [];
  for (let i = 0; i < OF_EACH; i += 1) for (const client of clients) pool.push(await sign(client));
  return pool;
}

export function at<T>(pool: readonly T[], i: number): T {
  return pool[i % pool.length] as T;
}

async function sign({ key: { alg, publicJwk }, signer, token }: Client): Promise<Signed> {
  const nonce = 'A'.repeat(22); // as long as one of ours
  const proof = await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, nonce });
  return { digest: algorithms[alg].digest, key: verifying(publicJwk, alg), ...splitSigned(proof) };
}

/** A key as `crypto.verify` likes it best. */
export function verifying(jwk: object, alg: Algorithm): { readonly key: KeyObject } & SigningOptions {
  return { key: createPublicKey({ key: { ...jwk }, format: 'jwk' }), ...algorithms[alg].options };
}

export function splitSigned(compact: string): Pick<Signed, 'input' | 'signature'> {
  const dot = compact.lastIndexOf('.');
  return {
    input: Buffer.from(compact.slice(0, dot), 'latin1'),
    signature: Buffer.from(compact.slice(dot + 1), 'base64url'),
  };
}
