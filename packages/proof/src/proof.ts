import type { KeyObject } from 'node:crypto';
import { type Algorithm, isAlgorithm, verifySignature, verifySignatureOnPool } from './algorithms.ts';
import { requireNumber, requireString } from './claims.ts';
import { type Code, HoldfastError } from './errors.ts';
import { checkFreshness, type Fresh, type Freshness, type Times } from './freshness.ts';
import { matchesHtu } from './htu.ts';
import { importPublicJwk, type PublicJwk, readPublicJwk, thumbprint } from './jwk.ts';
import { type JsonObject, readHeader, readPayload, readSignature, type Segments, splitJws } from './jws.ts';
import { fieldValues, type HttpMessage } from './message.ts';

const LONGEST = 10_240; // characters: an ML-DSA-65 proof is 8400 long; the rest is room for a long htu and unknown members

/** The key that a proof carries, as its header segment states it. */
export interface SenderKey {
  readonly alg: Algorithm;
  readonly jwk: PublicJwk;
  /** RFC 7638 thumbprint. */
  readonly jkt: string;
  /** Imported when a signature was to be verified. */
  readonly imported?: KeyObject;
}

/**
 * Keys of senders that were read before, by the header segment that stated them. A memory that only holds keys of
 * verified proofs for tokens bound to them cannot be flushed by strangers.
 */
export interface SenderKeys {
  recall(headerSegment: string): SenderKey | undefined;
}

/** A DPoP proof whose syntax is sound. Nothing about it is known to be true. */
export interface Proof extends Times {
  readonly segments: Segments;
  readonly signature: Buffer;
  readonly sender: SenderKey;
  /** RFC 7638 thumbprint of the key that the proof carries. */
  readonly jkt: string;
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly ath: string | undefined;
}

declare const checked: unique symbol;
declare const verified: unique symbol;

/** Evidence that a proof fits this request, token and moment. Only `checkProof` makes it. Its signature may be false. */
export interface CheckedProof extends Proof, Fresh {
  readonly [checked]: true;
  /** The URI that was called, as the server knows it. */
  readonly own: string;
}

/** Evidence that the sender holds the key. Only `verifyProof` makes it. It may have been used before. */
export interface VerifiedProof extends CheckedProof {
  readonly [verified]: true;
  readonly sender: SenderKey & { readonly imported: KeyObject };
}

export interface Expected {
  /** Method of the request. */
  readonly htm: string;
  /** Public origin and path of the request. */
  readonly htu: string;
  /** Hash of the token that came with the proof; left out at the token endpoint. */
  readonly ath?: string | undefined;
  readonly freshness: Freshness;
}

/** The one DPoP field of a request, or undefined when there is none. RFC 9449 §4.3 (1). */
export function proofField(message: HttpMessage): string | undefined {
  const [proof, another] = fieldValues(message, 'dpop');
  if (another !== undefined) throw new HoldfastError('proof_duplicated');
  // A comma is in no JWT: some hop joined two fields into one.
  if (proof?.includes(',')) throw new HoldfastError('proof_duplicated');
  return proof;
}

/** Reads a proof (RFC 9449 §4.2; §4.3 items 2 to 5 and 7). NOT checked: everything that `checkProof` and `verifyProof` check. */
export function readProof(compact: string, algorithms: ReadonlySet<string>, known?: SenderKeys): Proof {
  if (compact.length > LONGEST) throw new HoldfastError('proof_too_large');
  const segments = splitJws(compact, 'proof_malformed');
  const signature = readSignature(segments, 'proof_malformed');
  const sender = known?.recall(segments.header) ?? readSenderKey(segments, algorithms);
  const payload = readPayload(segments, 'proof_malformed');
  return {
    segments,
    signature,
    sender,
    jkt: sender.jkt,
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

function readSenderKey(segments: Segments, algorithms: ReadonlySet<string>): SenderKey {
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

/** Checks a proof against the request it came with (RFC 9449 §4.3 items 8 to 12a). NOT checked: signature, binding, replay. */
export function checkProof(proof: Proof, { htm, htu, ath, freshness }: Expected): CheckedProof {
  // (8): methods are case-sensitive
  if (proof.htm !== htm) throw new HoldfastError('proof_htm');
  // (9)
  if (!matchesHtu(proof.htu, htu)) throw new HoldfastError('proof_htu');
  // (12a)
  if (ath !== undefined) checkAth(proof, ath);
  // (10) and (11), last: only a proof that is otherwise sound is worth a nonce challenge
  return { ...proof, own: htu, ...checkFreshness(proof, freshness) } as CheckedProof;
}

/** Verifies the signature under the key that the proof carries (RFC 9449 §4.3 item 6). */
export function verifyProof(proof: CheckedProof): VerifiedProof {
  const { sender, segments, signature } = proof;
  const imported = sender.imported ?? importPublicJwk(sender.jwk);
  const isGood = verifySignature(sender.alg, imported, segments.signingInput, signature);
  return verifiedProof(proof, imported, isGood);
}

/** The same on the thread pool: more work in all, and several cores for one process. */
export async function verifyProofOnPool(proof: CheckedProof): Promise<VerifiedProof> {
  const { sender, segments, signature } = proof;
  const imported = sender.imported ?? importPublicJwk(sender.jwk);
  const isGood = await verifySignatureOnPool(sender.alg, imported, segments.signingInput, signature);
  return verifiedProof(proof, imported, isGood);
}

function verifiedProof(proof: CheckedProof, imported: KeyObject, isGood: boolean): VerifiedProof {
  if (!isGood) throw new HoldfastError('proof_signature');
  return (
    proof.sender.imported === undefined ? { ...proof, sender: { ...proof.sender, imported } } : proof
  ) as VerifiedProof;
}

function checkAth(proof: Proof, ath: string): void {
  if (proof.ath === undefined) throw new HoldfastError('proof_claims', { detail: 'ath' });
  if (proof.ath !== ath) throw new HoldfastError('proof_ath');
}

function optional<T>(
  payload: JsonObject,
  claim: string,
  read: (payload: JsonObject, claim: string, refusal: Code) => T,
): T | undefined {
  return Object.hasOwn(payload, claim) ? read(payload, claim, 'proof_claims') : undefined;
}
