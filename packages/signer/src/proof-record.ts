import { channel } from 'node:diagnostics_channel';

/** The name of the `node:diagnostics_channel` on which every proof is published, before its key signs it. */
export const PROOFS = 'holdfast:signer:proof';

const proofs = channel(PROOFS);

/** What a proof is good for, without what makes it good: neither the proof nor its token, nonce or jti. */
export interface ProofRecord {
  /** Thumbprint of the key. */
  readonly jkt: string;
  readonly htm: string;
  /** Path included: it may name an order or an account. */
  readonly htu: string;
  readonly hasToken: boolean;
  readonly hasNonce: boolean;
}

/** Nothing is made for it while nobody listens. */
export function recordProof(jkt: string, htm: string, htu: string, accessToken?: string, nonce?: string): void {
  if (!proofs.hasSubscribers) return;
  const record: ProofRecord = { jkt, htm, htu, hasToken: accessToken !== undefined, hasNonce: nonce !== undefined };
  proofs.publish(record);
}
