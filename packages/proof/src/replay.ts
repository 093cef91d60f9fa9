import { hash } from 'node:crypto';
import { HoldfastError } from './errors.ts';
import { normalizeHtu } from './htu.ts';
import type { VerifiedProof } from './proof.ts';
import type { Code } from './refusals.ts';
import type { ReplayStore } from './store.ts';

/**
 * Uses up the jti of a proof, atomically (RFC 9449 §11.1). Takes only a verified proof: garbage must neither fill the
 * store nor burn a client's jti.
 */
export function reserveJti(store: ReplayStore, proof: VerifiedProof): Promise<void> {
  return reserve(store, replayKey(proof), proof.acceptableUntil, 'proof_replayed');
}

/** Adds a key that may be added once, or throws `refusal`. Fails closed when the store does not answer. */
export async function reserve(store: ReplayStore, key: string, expiresAt: number, refusal: Code): Promise<void> {
  let added: unknown;
  try {
    const answer = store.add(key, '', expiresAt);
    // A table of this process answers at once, and nothing is waited for
    added = typeof answer === 'boolean' ? answer : await answer;
  } catch (thrown) {
    // What a store says about itself; any other refusal would be somebody else's answer
    if (thrown instanceof HoldfastError && thrown.status >= 500) throw thrown;
    throw new HoldfastError('store_unavailable', { cause: thrown });
  }
  // Exactly true: a driver's reply that a store passes on unread would be truthy whatever it says
  if (added !== true) throw new HoldfastError(refusal);
}

/**
 * A digest over key, method, URI and jti: one client cannot burn another's jti, and a huge jti takes no more room
 * than a short one. Only the jti is free text, and it comes last, so no two proofs run together.
 */
export function replayKey({ jkt, htm, own, jti }: VerifiedProof): string {
  return hash('sha256', `${jkt}\n${htm}\n${normalizeHtu(own) ?? own}\n${jti}`, 'base64url');
}
