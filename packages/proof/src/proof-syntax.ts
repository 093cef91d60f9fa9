import { isAlgorithm } from './algorithms.ts';
import { requireNumber, requireString } from './claims.ts';
import { HoldfastError } from './errors.ts';
import { readPublicJwk, thumbprint } from './jwk.ts';
import { type JsonObject, readHeader, readPayload, readSignature, type Segments, splitJws } from './jws.ts';
import type { Proof, SenderKey, SenderKeys } from './proof.ts';
import type { Code } from './refusals.ts';

const LONGEST = 10_240; // characters: an ML-DSA-65 proof is 8400 long; the rest is room for a long htu and unknown members
// Of header and payload each: the key of ML-DSA-65 takes 3600, the longest htu 2700. Parsing nested JSON costs a stranger
// nothing, and the server several times what a signature does
const LONGEST_PART = 4096;

/** Reads a proof (RFC 9449 §4.2; §4.3 items 2 to 5 and 7). NOT checked: everything that `checkProof` and `verifyProof` check. */
export function readProof(compact: string, algorithms: ReadonlySet<string>, known?: SenderKeys): Proof {
  const segments = splitProof(compact);
  const sender = known?.recall(segments.header) ?? readSenderKey(segments, algorithms);
  const signature = readSignature(segments, 'proof_malformed');
  return { ...readProofClaims(segments), segments, signature, sender, jkt: sender.jkt };
}

/** RFC 9449 §4.3 (2). */
export function splitProof(compact: string): Segments {
  if (compact.length > LONGEST) throw new HoldfastError('proof_too_large');
  const segments = splitJws(compact, 'proof_malformed');
  const { header, payload } = segments;
  if (header.length > LONGEST_PART || payload.length > LONGEST_PART) throw new HoldfastError('proof_too_large');
  return segments;
}

/** RFC 9449 §4.3 (4), (5), (7). */
export function readSenderKey(segments: Segments, algorithms: ReadonlySet<string>): SenderKey {
  const header = readHeader(segments, 'proof_malformed');
  // (4): exactly this; media type rules would also allow other spellings, RFC 9449 does not
  if (header['typ'] !== 'dpop+jwt') throw new HoldfastError('proof_typ');
  // (5): asymmetric, known and allowed here
  const alg = header['alg'];
  if (!isAlgorithm(alg) || !algorithms.has(alg)) throw new HoldfastError('proof_alg');
  // (7) and (3)
  const jwk = readPublicJwk(header['jwk'], alg);
  return { alg, jwk, jkt: thumbprint(jwk) };
}

/** RFC 9449 §4.3 (3): what has to be there is there, and everything has its type. */
export function readProofClaims(
  segments: Segments,
): Pick<Proof, 'jti' | 'htm' | 'htu' | 'iat' | 'ath' | 'nonce' | 'exp' | 'nbf'> {
  const payload = readPayload(segments, 'proof_malformed');
  return {
    jti: requireString(payload, 'jti', 'proof_claims'),
    htm: requireString(payload, 'htm', 'proof_claims'),
    htu: requireString(payload, 'htu', 'proof_claims'),
    iat: requireNumber(payload, 'iat', 'proof_claims'),
    ath: optional(payload, 'ath', requireString),
    nonce: optional(payload, 'nonce', requireString),
    exp: optional(payload, 'exp', requireNumber),
    nbf: optional(payload, 'nbf', requireNumber),
  };
}

function optional<T>(
  payload: JsonObject,
  claim: string,
  read: (payload: JsonObject, claim: string, refusal: Code) => T,
): T | undefined {
  return Object.hasOwn(payload, claim) ? read(payload, claim, 'proof_claims') : undefined;
}
