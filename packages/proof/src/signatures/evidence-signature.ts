import { HoldfastError } from '../errors.ts';
import type { ProofKey } from '../key.ts';
import {
  type CheckedSignature,
  checkSignature,
  type SignatureTimes,
  type VerifiedSignature,
  verifyChecked,
} from './checked-signature.ts';
import { evidenceCoverage } from './request-coverage.ts';
import { type MadeSignature, makeSignature } from './sign-message.ts';
import type { VerificationKey } from './signature-algorithm.ts';
import type { SignedMessage, SignedRequest } from './signed-message.ts';

export const EVIDENCE_TAG = 'holdfast-evidence';

/**
 * A signature over a request that can be verified long after, by who has not its access token: it covers what the
 * signature of FAPI covers but for Authorization, of which its parameter `ath` has the hash (RFC 9449 §4.2). Tag and
 * parameter are Holdfast's own; RFC 9421 §2.3 lets applications define parameters.
 */
export async function signEvidence(
  message: SignedMessage,
  {
    key,
    ...parameters
  }: { readonly key: ProofKey; readonly created: number; readonly keyid: string; readonly ath: string },
): Promise<MadeSignature> {
  return await makeSignature(
    'evidence',
    evidenceCoverage(message.request),
    { ...parameters, tag: EVIDENCE_TAG },
    { message, key },
  );
}

/**
 * Checks an evidence signature without cryptography. One that covers Authorization is refused: nobody could verify it again,
 * or its record would hold the token. `ath`: of the token that came with the request; of a request that was
 * recorded, the hash that was recorded with it. `now` is then the time at which it was received. Throws `signature_*`.
 */
export function checkEvidenceSignature(
  request: SignedRequest,
  { ath, ...times }: SignatureTimes & { readonly ath: string },
): CheckedSignature & { readonly ath: string } {
  const signature = checkSignature({ request }, { tag: EVIDENCE_TAG, required: evidenceCoverage(request) }, times);
  if (signature.components.some(({ name }) => name === 'authorization')) {
    throw new HoldfastError('signature_coverage', { detail: 'authorization, in evidence' });
  }
  if (signature.ath !== ath) throw new HoldfastError('signature_params', { detail: 'ath' });
  return signature as CheckedSignature & { readonly ath: string };
}

/**
 * As much of a request as its evidence signature can be checked with again: the fields that it covers, and both fields of
 * signatures with whatever other signatures are in them. Authorization is not among them.
 */
export function evidenceRequest(
  { method, targetUri, headers }: SignedRequest,
  { components }: Pick<CheckedSignature, 'components'>,
): SignedRequest {
  const kept = new Set(['signature-input', 'signature', ...components.map(({ name }) => name)]);
  // A name and its value have the same place
  const isKept = (_: string, at: number) => kept.has((headers[at - (at % 2)] ?? '').toLowerCase());
  return { method, targetUri, headers: headers.filter(isKept) };
}

/** Verifies an evidence signature. Throws `signature_params` for another key or algorithm, and `signature_invalid`. */
export function verifyEvidenceSignature(signature: CheckedSignature, key: VerificationKey): VerifiedSignature {
  return verifyChecked(signature, key);
}
