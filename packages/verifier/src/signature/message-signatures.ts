import {
  type CheckedSignature,
  checkEvidenceSignature,
  checkRequestSignature,
  evidenceRequest,
  HoldfastError,
  type HttpMessage,
  hasField,
  normalizeHtu,
  type PublicJwk,
  type SignedRequest,
  targetUri,
  type VerificationKey,
  type VerifiedProof,
  verifyEvidenceSignature,
  verifyRequestSignature,
} from '@holdfast/proof';
import { createCertificateKeys, type NamedCertificateKey } from './certificate-keys.ts';

/** Which signatures a request needs: that of FAPI 2.0, or beside it the one that can be verified without the token. */
export const SIGNATURES = ['required', 'evidence'] as const;
export type Signatures = (typeof SIGNATURES)[number];

/** What a route may say of signatures: that some are needed, or that they are where a sender makes them. */
export const SIGNATURE_POLICIES = ['optional', ...SIGNATURES] as const;
export type SignaturePolicy = (typeof SIGNATURE_POLICIES)[number];

/** Which signatures this request needs. One that says that it is signed is taken at its word. */
export function neededSignatures(
  message: Pick<HttpMessage, 'headers'>,
  policy: SignaturePolicy | undefined,
): Signatures | undefined {
  if (policy !== 'optional') return policy;
  return hasField(message, 'signature-input') || hasField(message, 'signature') ? 'required' : undefined;
}

/** What can be verified later, by who has nothing but this: the signature of a request without its access token. */
export interface Evidence {
  /**
   * What was signed, as it came: method, URI, the fields that the signature covers, and those of signatures. Of these
   * everything below can be worked out again.
   */
  readonly request: SignedRequest;
  /** What is signed (RFC 9421 §2.5), in ASCII: method, URI, proof, digest of the body, hash of the access token. */
  readonly base: string;
  /** In base64url. */
  readonly signature: string;
  /** JWS algorithm, or rsa-pss-sha512. */
  readonly alg: string;
  /** The public key that the access token was bound to. */
  readonly jwk: PublicJwk;
  /** RFC 9449 §4.2: the hash of the access token. */
  readonly ath: string;
  /** The client's certificate (DER) of the connection that the request came by. */
  readonly certificate: Uint8Array | undefined;
}

/** The signatures of a request that fit it. They may be false. */
export interface CheckedSignatures {
  readonly message: HttpMessage;
  readonly needed: Signatures;
  readonly request: CheckedSignature;
  readonly evidence: CheckedEvidence | undefined;
}

interface CheckedEvidence {
  readonly request: SignedRequest;
  readonly signature: ReturnType<typeof checkEvidenceSignature>;
}

/** A request that its sender has signed, but for its body, which is to be compared. */
export interface SignedContent {
  readonly message: HttpMessage;
  readonly needed: Signatures;
  /** What the signature says that the body is; undefined where it says that there is none. */
  readonly contentDigest: string | undefined;
  readonly evidence: Evidence | undefined;
}

export interface MessageSignatures {
  /** FAPI 2.0 HTTP Signatures §5.3.1.2, without cryptography. `ath`: hash of the token that came with the request. */
  check(
    message: HttpMessage,
    needed: Signatures,
    at: { readonly now: number; readonly ath: string },
  ): CheckedSignatures;
  /**
   * RFC 9421 §3.2: under the key of the proof, or else of the certificate, which the token is bound to: `matchConfirmation`
   * comes before.
   */
  verify(signatures: CheckedSignatures, proof: VerifiedProof | undefined): SignedContent;
}

export interface MessageSignaturesOptions {
  /** In its normal form. */
  readonly origin: string;
  readonly algorithms: ReadonlySet<string>;
  readonly maxAge: number;
  readonly skew: number;
}

export function createMessageSignatures({
  origin,
  algorithms,
  ...window
}: MessageSignaturesOptions): MessageSignatures {
  const certificates = createCertificateKeys(algorithms);

  function verify(signatures: CheckedSignatures, key: SenderKey): SignedContent {
    const { message, needed, request, evidence } = signatures;
    const { contentDigest } = verifyRequestSignature(request, key);
    if (evidence === undefined) return { message, needed, contentDigest, evidence };
    verifyEvidenceSignature(evidence.signature, key);
    return { message, needed, contentDigest, evidence: evidenceOf(evidence, key, message.certificate) };
  }

  function verifyUnderCertificate(signatures: CheckedSignatures): SignedContent {
    const { certificate } = signatures.message;
    if (certificate === undefined) throw new HoldfastError('certificate_missing');
    const key = certificates.read(certificate);
    const signed = verify(signatures, keyOfCertificate(key));
    certificates.keep(key);
    return signed;
  }

  return {
    check(message, needed, { now, ath }) {
      const signed = signedRequest(message, origin);
      const request = checkRequestSignature(signed, { now, ...window });
      if (needed !== 'evidence') return { message, needed, request, evidence: undefined };
      const signature = checkEvidenceSignature(signed, { now, ath, ...window });
      return { message, needed, request, evidence: { request: evidenceRequest(signed, signature), signature } };
    },
    verify: (signatures, proof) =>
      proof === undefined ? verifyUnderCertificate(signatures) : verify(signatures, keyOfProof(proof)),
  };
}

/** The request as signatures see it. `origin` is in its normal form. Throws `request_malformed` for a target that is none of this server. */
export function signedRequest({ method, target, headers }: HttpMessage, origin: string): SignedRequest {
  const uri = targetUri(target, origin);
  if (uri === undefined) throw new HoldfastError('request_malformed');
  return { method, targetUri: uri, headers };
}

/** Clients take their URLs from a parser that writes an origin in its normal form. */
export function normalOrigin(origin: string): string {
  return normalizeHtu(origin)?.replace(/\/$/, '') ?? origin;
}

interface SenderKey extends VerificationKey {
  readonly jwk: PublicJwk;
}

function keyOfProof({ sender: { alg, jwk, imported }, jkt }: VerifiedProof): SenderKey {
  return { alg, jwk, key: imported, keyids: [jkt] };
}

function keyOfCertificate({ alg, jwk, key, x5t }: NamedCertificateKey): SenderKey {
  return { alg, jwk, key, keyids: [x5t], isOfCertificate: true };
}

function evidenceOf(
  { request, signature }: CheckedEvidence,
  key: SenderKey,
  certificate: Uint8Array | undefined,
): Evidence {
  const { base, signature: octets, alg, ath } = signature;
  return {
    request,
    base,
    signature: Buffer.from(octets).toString('base64url'),
    alg: alg === 'rsa-pss-sha512' ? alg : key.alg,
    jwk: key.jwk,
    ath,
    certificate,
  };
}
