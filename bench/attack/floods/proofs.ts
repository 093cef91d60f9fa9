import { randomBytes } from 'node:crypto';
import type { PlannedRequest } from '../../load/planned.ts';
import type { FloodKind } from '../flood-kind.ts';
import { type Loot, reading } from '../loot.ts';
import { createStranger } from '../stranger.ts';

/** Stolen tokens, with what is no proof of their owners. */
export const proofFloods: readonly FloodKind[] = [
  {
    name: 'attack garbage',
    code: 'proof_malformed',
    isTelling: true,
    // As long as a proof
    make: (loot, count) => each(loot, count, () => randomBytes(430).toString('base64url')),
  },
  {
    name: 'attack garbage in three segments',
    code: 'proof_malformed',
    make: (loot, count) =>
      each(loot, count, () => [150, 210, 64].map((octets) => randomBytes(octets).toString('base64url')).join('.')),
  },
  { name: 'attack stale nonces', code: 'nonce_stale', make: (loot, count) => byStranger(loot, count, oldNonce()) },
  {
    name: 'attack unknown keys',
    code: 'key_mismatch',
    make: async (loot, count) => await byStranger(loot, count, await loot.nonce()),
  },
  {
    name: 'attack bad signatures',
    code: 'proof_signature',
    isTelling: true,
    make: async (loot, count) => (await loot.caught(count)).map(withBadSignature),
  },
  {
    // As many at once as there are clients: what waits in line is what others wait for
    name: 'attack bad signatures, 256 connections',
    code: 'proof_signature',
    connections: 256,
    make: async (loot, count) => (await loot.caught(count)).map(withBadSignature),
  },
  {
    name: 'attack replays',
    code: 'proof_replayed',
    async make(loot, count) {
      const used = await loot.caught(count);
      await loot.passOn(used);
      return [...used];
    },
  },
];

async function each({ tokens }: Loot, count: number, proof: () => string): Promise<PlannedRequest[]> {
  return Array.from({ length: count }, (_, i) => reading(tokens[i % tokens.length] ?? '', proof()));
}

async function byStranger(loot: Loot, count: number, nonce: string): Promise<PlannedRequest[]> {
  const thief = await createStranger();
  const { tokens } = loot;
  const made = Array.from({ length: count }, (_, i) => thief.request(loot, tokens[i % tokens.length] ?? '', nonce));
  return await Promise.all(made);
}

/** In the form of one that the venue gave an hour ago. */
function oldNonce(): string {
  return randomBytes(16).toString('base64url');
}

/** The owner's key and claims, with a signature that is none: what it takes to have one verified for nothing. */
function withBadSignature({ headers, ...request }: PlannedRequest): PlannedRequest {
  const { dpop = '' } = headers;
  return { ...request, headers: { ...headers, dpop: withOtherSignature(dpop) } };
}

function withOtherSignature(jws: string): string {
  return `${jws.slice(0, jws.lastIndexOf('.'))}.${randomBytes(64).toString('base64url')}`;
}
