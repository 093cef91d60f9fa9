import { HoldfastError } from './errors.ts';
import type { Nonces } from './nonce.ts';

/** How a server judges that a proof is recent: RFC 9449 §4.3 (10), (11) and §11.1. */
export interface Freshness {
  /** NumericDate of the decision. */
  readonly now: number;
  /** Seconds that an `iat` may lie in the past. */
  readonly maxAge: number;
  /** Seconds that an `iat` or `nbf` may lie in the future. */
  readonly skew: number;
  /** Given: a proof without a recent nonce is challenged. Left out: `iat` decides. */
  readonly nonces?: Nonces | undefined;
}

export interface Times {
  readonly iat: number;
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  readonly nonce: string | undefined;
}

/**
 * Throws unless the proof is fresh. Returns the last second at which this very proof could be accepted, counted from
 * its own times and not from now, because a proof dated ahead lives longer: that long its jti must be remembered.
 */
export function checkFreshness(proof: Times, { now, maxAge, skew, nonces }: Freshness): number {
  // Each condition is what must hold, negated: a window that is NaN by misconfiguration accepts nothing.
  if (proof.exp !== undefined && !(proof.exp > now)) {
    throw new HoldfastError('proof_expired', { skew: proof.exp - now });
  }
  if (proof.nbf !== undefined && !(proof.nbf <= now + skew)) {
    throw new HoldfastError('proof_not_yet_valid', { skew: proof.nbf - now });
  }
  if (nonces !== undefined) return checkNonce(proof.nonce, nonces);
  if (!(proof.iat >= now - maxAge && proof.iat <= now + skew)) {
    throw new HoldfastError('proof_iat', { skew: proof.iat - now });
  }
  return Math.floor(proof.iat + maxAge);
}

// RFC 9449 §4.3 (11): a nonce of ours carries our own time, so a client with a wrong clock is still served.
function checkNonce(nonce: string | undefined, nonces: Nonces): number {
  if (nonce === undefined) throw new HoldfastError('nonce_missing');
  const until = nonces.acceptedUntil(nonce);
  if (until === undefined) throw new HoldfastError('nonce_stale');
  return until;
}
