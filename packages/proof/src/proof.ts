import type { KeyObject } from 'node:crypto';
import { type Algorithm, verifySignature, verifySignatureOnPool } from './algorithms.ts';
import { HoldfastError } from './errors.ts';
import { checkFreshness, type Fresh, type Freshness, type Times } from './freshness.ts';
import { matchesHtu } from './htu.ts';
import { importPublicJwk, type PublicJwk } from './jwk.ts';
import type { Segments } from './jws.ts';
import { fieldValues, type HttpMessage } from './message.ts';

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
export function proofField(message: Pick<HttpMessage, 'headers'>): string | undefined {
  const [proof, another] = fieldValues(message, 'dpop');
  if (another !== undefined) throw new HoldfastError('proof_duplicated');
  // A comma is in no JWT: some hop joined two fields into one.
  if (proof?.includes(',')) throw new HoldfastError('proof_duplicated');
  return proof;
}

/** Checks a proof against the request it came with (RFC 9449 §4.3 items 8 to 12a). NOT checked: signature, binding, replay. */
export function checkProof(proof: Proof, { htm, htu, ath, freshness }: Expected): CheckedProof {
  checkHtm(proof, htm);
  checkHtu(proof, htu);
  if (ath !== undefined) checkAth(proof, ath);
  // (10) and (11), last: only a proof that is otherwise sound is worth a nonce challenge
  const { freshBy, acceptableUntil } = checkFreshness(proof, freshness);
  return { ...proof, own: htu, freshBy, acceptableUntil } as CheckedProof;
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

/** RFC 9449 §4.3 (8): methods are case-sensitive. */
export function checkHtm(proof: Pick<Proof, 'htm'>, htm: string): void {
  if (proof.htm !== htm) throw new HoldfastError('proof_htm');
}

/** RFC 9449 §4.3 (9). */
export function checkHtu(proof: Pick<Proof, 'htu'>, htu: string): void {
  if (!matchesHtu(proof.htu, htu)) throw new HoldfastError('proof_htu');
}

/** RFC 9449 §4.3 (12a). */
export function checkAth(proof: Pick<Proof, 'ath'>, ath: string): void {
  if (proof.ath === undefined) throw new HoldfastError('proof_claims', { detail: 'ath' });
  if (proof.ath !== ath) throw new HoldfastError('proof_ath');
}
