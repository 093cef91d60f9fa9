import { EVIDENCE_TAG } from './evidence-signature.ts';
import { evidenceCoverage, fapiCoverage } from './request-coverage.ts';
import { REQUEST_TAG } from './request-signature.ts';
import type { SignedRequest } from './signed-message.ts';

/**
 * The field that asks for the signatures that a request like this has to carry: RFC 9421 §5.1. What it covers depends on
 * whether the head has a DPoP field, and says that a body follows.
 */
export function acceptSignature(request: Pick<SignedRequest, 'headers'>, withEvidence: boolean): string {
  const identifiers = (covered: readonly { readonly identifier: string }[]) =>
    covered.map(({ identifier }) => identifier).join(' ');
  const wanted = `sig=(${identifiers(fapiCoverage(request))});created;keyid;tag="${REQUEST_TAG}"`;
  if (!withEvidence) return wanted;
  return `${wanted}, evidence=(${identifiers(evidenceCoverage(request))});created;keyid;tag="${EVIDENCE_TAG}";ath`;
}
