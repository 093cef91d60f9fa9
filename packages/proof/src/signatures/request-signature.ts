import { HoldfastError } from '../errors.ts';
import type { ProofKey } from '../key.ts';
import { fieldValues } from '../message.ts';
import {
  type CheckedSignature,
  checkSignature,
  type SignatureTimes,
  type VerifiedSignature,
  verifyChecked,
} from './checked-signature.ts';
import { contentDigest } from './content-digest.ts';
import { signEvidence } from './evidence-signature.ts';
import { fapiCoverage, ownCoverage } from './request-coverage.ts';
import { makeSignature, signatureFields } from './sign-message.ts';
import type { VerificationKey } from './signature-algorithm.ts';
import type { SignedRequest } from './signed-message.ts';

/** The tag by which the signature of a request is found: FAPI 2.0 HTTP Signatures §5.3.1.1. */
export const REQUEST_TAG = 'fapi-2-request';

export interface RequestToSign extends SignedRequest {
  /** The body as it is sent, after any content coding. Left out: there is none. */
  readonly content?: Uint8Array | string | undefined;
}

export interface RequestSigning {
  /** The key that the access token is bound to. */
  readonly key: ProofKey;
  /** NumericDate, whole seconds. */
  readonly created: number;
  /** Default: the thumbprint of the key. With mutual TLS, the `x5t#S256` of the certificate. */
  readonly keyid?: string;
  /** Given: a second signature that can be verified without the access token, of which it has the hash. */
  readonly evidence?: { readonly ath: string } | undefined;
}

/**
 * Signs a request as FAPI 2.0 HTTP Signatures §5.3.1.1 has it, and gives the fields to add to it. The headers have to be
 * those that are sent: with Authorization, and with DPoP where that is sent. Throws `message_unsignable` without
 * Authorization, for a value that cannot be signed, and for headers that bring fields of signatures already.
 */
export async function signRequest(
  request: RequestToSign,
  { key, created, keyid = key.jkt, evidence }: RequestSigning,
): Promise<Readonly<Record<string, string>>> {
  checkUnsigned(request);
  const digest = request.content === undefined ? {} : { 'Content-Digest': contentDigest(request.content) };
  const message = { request: { ...request, headers: [...request.headers, ...Object.entries(digest).flat()] } };
  const parameters = { created, keyid, tag: REQUEST_TAG };
  const signature = await makeSignature('sig', ownCoverage(message.request), parameters, { message, key });
  if (evidence === undefined) return { ...digest, ...signatureFields([signature]) };
  const second = await signEvidence(message, { key, created, keyid, ...evidence });
  return { ...digest, ...signatureFields([signature, second]) };
}

/**
 * Checks the signature of a request by FAPI 2.0 HTTP Signatures §5.3.1.2, without cryptography: its tag, what it covers,
 * when it was made. Throws `signature_*`. NOT checked: the signature itself, `verifyRequestSignature`; the body,
 * `matchContent`; that the request comes for the first time.
 */
export function checkRequestSignature(request: SignedRequest, times: SignatureTimes): CheckedSignature {
  return checkSignature({ request }, { tag: REQUEST_TAG, required: fapiCoverage(request) }, times);
}

/** Verifies a request's signature. Throws `signature_params` for another key or algorithm, and `signature_invalid`. */
export function verifyRequestSignature(signature: CheckedSignature, key: VerificationKey): VerifiedSignature {
  return verifyChecked(signature, key);
}

function checkUnsigned(request: SignedRequest): void {
  for (const name of ['content-digest', 'signature-input', 'signature']) {
    if (fieldValues(request, name).length > 0) throw new HoldfastError('message_unsignable', { detail: name });
  }
}
