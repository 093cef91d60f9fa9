import {
  type CheckedProof,
  type Confirmation,
  checkProof,
  HoldfastError,
  type Nonces,
  proofField,
  readProof,
  type SenderKeys,
  targetPath,
  type VerifiedProof,
  verifyProof,
  x5tS256,
} from '@holdfast/proof';
import type { Client } from './client/clients.ts';
import type { IssuerRequest } from './form.ts';

/** What the sender of a request at the token endpoint, or of a pushed one, proved to hold. */
export interface Sender {
  readonly proof: VerifiedProof | undefined;
  readonly certificate: Uint8Array | undefined;
}

export interface SenderPolicy {
  readonly algorithms: ReadonlySet<string>;
  readonly nonces: Nonces | undefined;
  readonly senderKeys?: SenderKeys;
  readonly now: number;
}

const MAX_AGE = 60; // seconds that iat may lie in the past, without nonce
const SKEW = 10; // seconds that it may lie ahead: FAPI 2.0 §5.3.2.1

/** RFC 9449 §5, §10.1: the proof, when there is one, is checked in full; there is no token yet, so no ath. */
export function checkSender(request: IssuerRequest, policy: SenderPolicy): Sender {
  const proof = checkSenderProof(request, policy);
  return { proof: proof && verifyProof(proof), certificate: request.certificate };
}

/**
 * RFC 9449 §4.3 for a request of ours; undefined when it has no proof. `ath`: of the access token that came with it.
 * NOT checked: the signature, and that the proof is new.
 */
export function checkSenderProof(
  request: IssuerRequest,
  { algorithms, nonces, senderKeys, now }: SenderPolicy,
  ath?: string,
): CheckedProof | undefined {
  const compact = proofField(request);
  if (compact === undefined) return undefined;
  const path = targetPath(request.target, request.origin);
  if (path === undefined) throw new HoldfastError('request_malformed');
  return checkProof(readProof(compact, algorithms, senderKeys), {
    htm: request.method,
    htu: request.origin + path,
    ath,
    freshness: { now, maxAge: MAX_AGE, skew: SKEW, nonces },
  });
}

/**
 * What the token will be bound to. FAPI 2.0 §5.3.2.1: never to nothing. A client that registered for a binding gets
 * that one or no token; otherwise the proof decides, and without one the certificate.
 */
export function bind({ metadata }: Client, { proof, certificate }: Sender): Confirmation {
  const { dpop_bound_access_tokens: toKey, tls_client_certificate_bound_access_tokens: always } = metadata;
  const toCertificate = always || (proof === undefined && !toKey);
  if (toKey && proof === undefined) throw new HoldfastError('proof_missing');
  if (toCertificate && certificate === undefined) throw new HoldfastError('binding_missing');
  return {
    ...(proof === undefined ? {} : { jkt: proof.jkt }),
    ...(toCertificate && certificate !== undefined ? { 'x5t#S256': x5tS256(certificate) } : {}),
  };
}
