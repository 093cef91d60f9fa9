import { HoldfastError } from './errors.ts';
import type { Nonces } from './nonce.ts';

/**
 * - `required`: a proof without a recent nonce is challenged.
 * - `optional`: a nonce has to be recent where there is one; without, `iat` decides, and a proof that is out of its window
 *   is challenged, so that a client with a wrong clock is served all the same. A key that has used a nonce has to go on
 *   (RFC 9449 §11.3), for as long as the server remembers it; one that was challenged and then comes back without, not.
 * - `off`: `iat` decides. A recent nonce excuses one that lies too far back, never one that lies too far ahead.
 */
export type NoncePolicy = 'required' | 'optional' | 'off';

/** How a server judges that a proof is recent: RFC 9449 §4.3 (10), (11) and §11.1. */
export interface Freshness {
  /** NumericDate of the decision. */
  readonly now: number;
  /** Seconds that an `iat` may lie in the past. */
  readonly maxAge: number;
  /** Seconds that an `iat` or `nbf` may lie in the future. */
  readonly skew: number;
  /** The nonces of this server. Left out: it never gives any, and `iat` decides. */
  readonly nonces?: Nonces | undefined;
  /** Default `required`. */
  readonly policy?: NoncePolicy;
  /** RFC 9449 §11.3: the sender has used a nonce of this server, so that from then on it has to. */
  readonly usesNonces?: boolean;
  /**
   * NumericDate up to which a proof may have been used up in a life of this server that it has forgotten: one without a
   * nonce that is not younger is challenged, whatever the policy. Left out: nothing was forgotten.
   */
  readonly forgottenUntil?: number;
}

export interface Times {
  readonly iat: number;
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  readonly nonce: string | undefined;
}

/** Why a proof is fresh, and until when. */
export interface Fresh {
  readonly freshBy: 'nonce' | 'iat';
  /**
   * The last second at which this very proof could be accepted, counted from its own times and not from now, because a
   * proof dated ahead lives longer: that long its jti must be remembered.
   */
  readonly acceptableUntil: number;
}

/** Throws unless the proof is fresh. */
export function checkFreshness(proof: Times, freshness: Freshness): Fresh {
  const { now, skew, nonces, policy = 'required', usesNonces = false } = freshness;
  // Each condition is what must hold, negated: a window that is NaN by misconfiguration accepts nothing.
  if (proof.exp !== undefined && !(proof.exp > now)) {
    throw new HoldfastError('proof_expired', { skew: proof.exp - now });
  }
  if (proof.nbf !== undefined && !(proof.nbf <= now + skew)) {
    throw new HoldfastError('proof_not_yet_valid', { skew: proof.nbf - now });
  }
  if (nonces === undefined) return checkIat(proof, freshness);
  // RFC 9449 §4.3 (11): a nonce of ours carries our own time, so a client with a wrong clock is still served.
  const until = proof.nonce === undefined ? undefined : nonces.acceptedUntil(proof.nonce);
  if (until !== undefined) return freshByNonce(proof, until, freshness);
  const isRequired = policy === 'required' || usesNonces;
  if (isRequired || (policy === 'optional' && proof.nonce !== undefined)) throw needsNonce(proof);
  return checkIat(proof, freshness);
}

function freshByNonce(proof: Times, until: number, { now, maxAge, skew, policy }: Freshness): Fresh {
  if (policy !== 'off') return { freshBy: 'nonce', acceptableUntil: until };
  // Once the nonce has ended, it is one that nobody takes notice of, and the very same proof is good by its iat
  if (!(proof.iat <= now + skew)) throw new HoldfastError('proof_iat', { skew: proof.iat - now });
  return { freshBy: 'nonce', acceptableUntil: Math.max(until, Math.floor(proof.iat + maxAge)) };
}

function checkIat(
  proof: Times,
  { now, maxAge, skew, nonces, policy, forgottenUntil = Number.NEGATIVE_INFINITY }: Freshness,
): Fresh {
  if (!(proof.iat >= now - maxAge && proof.iat <= now + skew)) {
    const circumstances = { skew: proof.iat - now };
    if (nonces !== undefined && policy === 'optional') throw needsNonce(proof, circumstances);
    throw new HoldfastError('proof_iat', circumstances);
  }
  if (!(proof.iat > forgottenUntil)) throw needsNonce(proof);
  return { freshBy: 'iat', acceptableUntil: Math.floor(proof.iat + maxAge) };
}

function needsNonce({ nonce }: Times, circumstances?: { skew: number }): HoldfastError {
  return new HoldfastError(nonce === undefined ? 'nonce_missing' : 'nonce_stale', circumstances);
}
