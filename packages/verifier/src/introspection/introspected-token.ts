import { type Confirmation, HoldfastError, type JsonObject } from '@holdfast/proof';
import { readTokenClaims, type TokenExpectation, type VerifiedToken } from '../token/token.ts';

export interface IntrospectionExpectation extends TokenExpectation {
  readonly issuer: string;
  /** NumericDate of the question. */
  readonly askedAt: number;
  /** Seconds from the question that the answer is used. */
  readonly ttl: number;
}

/**
 * What an active answer vouches for. Beyond RFC 7662 §2.2, which requires `active` alone, it has to say what a JWT has to:
 * `exp`, `aud`, `client_id` and `cnf`. `aud` is also what keeps refresh tokens out, which issuers introspect too.
 */
export function readIntrospectedToken(answer: JsonObject, expected: IntrospectionExpectation): VerifiedToken {
  const { issuer, now, askedAt, ttl } = expected;
  if (answer['active'] !== true) throw new HoldfastError('token_inactive');
  if (answer['iss'] !== undefined && answer['iss'] !== issuer) throw new HoldfastError('token_issuer');
  // RFC 7662 §2.2: both are optional. Who speaks for itself is its own subject; what is active has been issued.
  const content = readTokenClaims({ sub: answer['client_id'], iat: now, ...answer }, expected);
  checkTokenType(answer['token_type'], content.confirmation);
  return {
    ...content,
    claims: Object.freeze(answer),
    issuer,
    // The answer says nothing of the time before the question: a clock that stepped back asks again
    notBefore: Math.max(content.notBefore, askedAt),
    // RFC 7662 §4: a cached answer is not used past exp
    knownUntil: Math.min(askedAt + ttl, content.expiresAt),
  } as unknown as VerifiedToken;
}

/** RFC 9449 §6.2, RFC 8705 §3: the type that the issuer states, if any, is that of its binding. */
function checkTokenType(stated: unknown, { jkt }: Confirmation): void {
  if (stated === undefined) return;
  const lower = typeof stated === 'string' ? stated.toLowerCase() : undefined; // RFC 6749 §5.1
  if (lower !== (jkt === undefined ? 'bearer' : 'dpop')) {
    throw new HoldfastError('token_claims', { detail: 'token_type' });
  }
}
