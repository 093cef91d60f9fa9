import { errors } from 'jose';

/** What of a JWT was at fault, by name. The message of the error is left out: it may quote the JWT. */
export function failedClaim(thrown: unknown): string {
  if (thrown instanceof errors.JWTExpired) return 'exp';
  if (thrown instanceof errors.JWTClaimValidationFailed) return thrown.claim;
  if (thrown instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (thrown instanceof errors.JOSEAlgNotAllowed) return 'alg';
  if (thrown instanceof errors.JWKSNoMatchingKey || thrown instanceof errors.JWKSMultipleMatchingKeys) return 'kid';
  return 'not a JWT';
}
