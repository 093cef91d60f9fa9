import { hash } from 'node:crypto';
import { asRefusal, HoldfastError } from './errors.ts';
import { normalizeHtu } from './htu.ts';
import type { VerifiedProof } from './proof.ts';
import type { ReplayStore } from './store.ts';

/**
 * Uses up the jti of a proof, atomically (RFC 9449 §11.1). Takes only a verified proof: garbage must neither fill the
 * store nor burn a client's jti. Fails closed when the store does not answer.
 */
export async function reserveJti(store: ReplayStore, proof: VerifiedProof): Promise<void> {
  let added: boolean;
  try {
    added = await store.add(replayKey(proof), '', proof.acceptableUntil);
  } catch (thrown) {
    const refusal = asRefusal(thrown);
    throw refusal.code === 'internal' ? new HoldfastError('store_unavailable', { cause: thrown }) : refusal;
  }
  if (!added) throw new HoldfastError('proof_replayed');
}

/**
 * A digest over key, method, URI and jti: one client cannot burn another's jti, and a huge jti takes no more room
 * than a short one. Only the jti is free text, and it comes last, so no two proofs run together.
 */
export function replayKey({ jkt, htm, own, jti }: VerifiedProof): string {
  return hash('sha256', `${jkt}\n${htm}\n${normalizeHtu(own) ?? own}\n${jti}`, 'base64url');
}
