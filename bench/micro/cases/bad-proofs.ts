import { randomBytes } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import type { ProofRequest } from '@holdfast/signer';
import { type Client, createClients } from '../../scene/client.ts';
import { asReceived, dpopRequest, METHOD, ORIGIN, URL_CALLED } from '../../scene/request.ts';
import type { Scene } from '../../scene/scene.ts';
import { at } from './signed-pool.ts';

/** Makes requests that are refused, so many at a time. */
export type Requests = (count: number) => HttpMessage[] | Promise<HttpMessage[]>;

const THIEVES = 100;

/** As long as a proof. */
export function noise({ nextClient }: Scene): Requests {
  return (count) =>
    Array.from({ length: count }, () => dpopRequest(nextClient().token, randomBytes(430).toString('base64url')));
}

/** It has the form of a JWS, and only decoding tells that it is none. */
export function noiseInSegments({ nextClient }: Scene): Requests {
  return (count) =>
    Array.from({ length: count }, () => {
      const segments = [150, 210, 64].map((octets) => randomBytes(octets).toString('base64url'));
      return dpopRequest(nextClient().token, segments.join('.'));
    });
}

/** By keys that the verifier does not know, as a thief of tokens would have them. */
export async function forAnotherUrl(scene: Scene): Promise<Requests> {
  return await byThieves(scene, { url: `${ORIGIN}/accounts` });
}

/** Good proofs, by the thief of a token: nothing is wrong but the key. */
export async function byUnknownKeys(scene: Scene): Promise<Requests> {
  return await byThieves(scene, {});
}

async function byThieves(scene: Scene, instead: Partial<ProofRequest>): Promise<Requests> {
  const thieves = await createClients(scene.issuer, 'ES256', THIEVES);
  return async (count) => {
    const nonce = await scene.nonce();
    return await proved(scene, count, { nonce, ...instead }, (i) => at(thieves, i));
  };
}

export function withBadSignature(scene: Scene): Requests {
  return async (count) => {
    const requests = await proved(scene, count, { nonce: await scene.nonce() });
    return requests.map(({ headers, ...request }) => ({
      ...request,
      headers: headers.map((value, i) => (headers[i - 1] === 'DPoP' ? withOneBitFlipped(value) : value)),
    }));
  };
}

export function replays({ requests, verifier }: Scene): Requests {
  return async (count) => {
    const used = await requests(count);
    for (const request of used) await verifier.verify(request);
    return used;
  };
}

export function withStaleNonce(scene: Scene): Requests {
  return (count) => proved(scene, count, { nonce: randomBytes(16).toString('base64url') });
}

/** Requests with tokens of the scene, their proofs signed by the token's client unless a thief does. */
async function proved(
  { nextClient }: Scene,
  count: number,
  instead: Partial<ProofRequest>,
  thief?: (i: number) => Client,
): Promise<HttpMessage[]> {
  const made: HttpMessage[] = [];
  for (let i = 0; i < count; i += 1) {
    const { signer: own, token } = nextClient();
    const signer = thief?.(i).signer ?? own;
    const proof = await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, ...instead });
    made.push(dpopRequest(token, proof));
  }
  return made;
}

function withOneBitFlipped(proof: string): string {
  const dot = proof.lastIndexOf('.');
  const signature = Buffer.from(proof.slice(dot + 1), 'base64url');
  signature[7] = (signature[7] ?? 0) ^ 1;
  return asReceived(`${proof.slice(0, dot)}.${signature.toString('base64url')}`);
}
