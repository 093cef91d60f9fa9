import { createPublicKey, type KeyObject } from 'node:crypto';
import { algorithms } from '@holdfast/proof';
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

const SIZE = 300;

/** Proofs of all clients of a scene. Raw cryptography does not remember that it has seen one, so they may go round. */
export async function signedPool(scene: Scene): Promise<Signed[]> {
  const pool: Signed[] = [];
  while (pool.length < SIZE) pool.push(await sign(scene.nextClient()));
  return pool;
}

export function at<T>(pool: readonly T[], i: number): T {
  return pool[i % pool.length] as T;
}

async function sign({ key: { alg, publicJwk }, signer, token }: Client): Promise<Signed> {
  const { digest, options } = algorithms[alg];
  const nonce = 'A'.repeat(22); // as long as one of ours
  const proof = await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, nonce });
  const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  return { digest, key: { key, ...options }, ...splitSigned(proof) };
}

export function splitSigned(compact: string): Pick<Signed, 'input' | 'signature'> {
  const dot = compact.lastIndexOf('.');
  return {
    input: Buffer.from(compact.slice(0, dot), 'latin1'),
    signature: Buffer.from(compact.slice(dot + 1), 'base64url'),
  };
}
