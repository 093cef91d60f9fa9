import { randomBytes } from 'node:crypto';
import { type Code, HoldfastError, type HttpMessage } from '@holdfast/proof';
import type { ProofRequest } from '@holdfast/signer';
import type { Verifier } from '@holdfast/verifier';
import { type Client, createClients } from '../../scene/client.ts';
import { dpopRequest, METHOD, ORIGIN, URL_CALLED } from '../../scene/request.ts';
import type { Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { type Bar, costs, timesOf } from '../bar.ts';
import type { Case } from '../case.ts';
import { inFlight } from '../in-flight.ts';

/** What an attacker can make the verifier do. */
export function refusalCases(scenes: Scenes): Case[] {
  const refusal = (name: string, code: Code, bars: readonly Bar[], make: Make, most?: number): Case => ({
    name: `refuse ${name}`,
    group: 'refuse',
    bars,
    ...(most === undefined ? {} : { most }),
    open: async () => {
      const scene = await scenes.es256();
      const requests = await make(scene);
      return async (count) => {
        const bad = await requests(count);
        return () => inFlight(bad, 1, (request) => refuses(scene.verifier, request, code));
      };
    },
  });
  return [
    refusal('garbage', 'proof_malformed', [costs(5)], noise, 10_000),
    refusal('garbage in three segments', 'proof_malformed', [costs(5)], noiseInSegments, 10_000),
    refusal('a proof for another URL', 'proof_htu', [costs(15)], forAnotherUrl),
    refusal('a bad signature', 'proof_signature', [timesOf('raw ES256')], badSignature),
    refusal('a replay', 'proof_replayed', [timesOf('raw ES256')], replay),
    refusal('a stale nonce', 'nonce_stale', [], staleNonce),
  ];
}

type Make = (scene: Scene) => Requests | Promise<Requests>;
type Requests = (count: number) => HttpMessage[] | Promise<HttpMessage[]>;

/** As long as a proof. */
function noise({ nextClient }: Scene): Requests {
  return (count) =>
    Array.from({ length: count }, () => dpopRequest(nextClient().token, randomBytes(430).toString('base64url')));
}

/** It has the form of a JWS, and only decoding tells that it is none. */
function noiseInSegments({ nextClient }: Scene): Requests {
  return (count) =>
    Array.from({ length: count }, () => {
      const segments = [150, 210, 64].map((octets) => randomBytes(octets).toString('base64url'));
      return dpopRequest(nextClient().token, segments.join('.'));
    });
}

/** By keys that the verifier does not know, as a thief of tokens would have them. */
async function forAnotherUrl(scene: Scene): Promise<Requests> {
  const thieves = await createClients(scene.issuer, 'ES256', 100);
  return async (count) => {
    const nonce = await scene.nonce();
    return await signed(scene, count, (i) => thieves[i % thieves.length], { url: `${ORIGIN}/accounts`, nonce });
  };
}

function badSignature(scene: Scene): Requests {
  return async (count) => {
    const nonce = await scene.nonce();
    const requests = await signed(scene, count, undefined, { nonce });
    return requests.map(({ headers, ...request }) => ({
      ...request,
      headers: headers.map((value, i) => (headers[i - 1] === 'DPoP' ? withOneBitFlipped(value) : value)),
    }));
  };
}

function replay({ requests, verifier }: Scene): Requests {
  return async (count) => {
    const used = await requests(count);
    for (const request of used) await verifier.verify(request);
    return used;
  };
}

function staleNonce(scene: Scene): Requests {
  return (count) => signed(scene, count, undefined, { nonce: randomBytes(16).toString('base64url') });
}

/** Requests with tokens of the scene, their proofs signed by the token's client unless a thief does. */
async function signed(
  { nextClient }: Scene,
  count: number,
  thief: ((i: number) => Client | undefined) | undefined,
  instead: Partial<ProofRequest>,
): Promise<HttpMessage[]> {
  const made: HttpMessage[] = [];
  for (let i = 0; i < count; i += 1) {
    const { signer: own, token } = nextClient();
    const signer = thief?.(i)?.signer ?? own;
    const proof = await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, ...instead });
    made.push(dpopRequest(token, proof));
  }
  return made;
}

function withOneBitFlipped(proof: string): string {
  const dot = proof.lastIndexOf('.');
  const signature = Buffer.from(proof.slice(dot + 1), 'base64url');
  signature[7] = (signature[7] ?? 0) ^ 1;
  return Buffer.from(`${proof.slice(0, dot)}.${signature.toString('base64url')}`, 'latin1').toString('latin1');
}

async function refuses(verifier: Verifier, request: HttpMessage, code: Code): Promise<void> {
  try {
    await verifier.verify(request);
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code === code) return;
    throw thrown;
  }
  throw new Error(`accepted instead of refused with ${code}`);
}
