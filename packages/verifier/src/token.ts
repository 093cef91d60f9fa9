import {
  type Confirmation,
  HoldfastError,
  isAlgorithm,
  type JsonObject,
  type Jws,
  readConfirmation,
  readJws,
  requireNumber,
  requireString,
  verifySignature,
} from '@holdfast/proof';
import type { IssuerKeys } from './issuer-keys.ts';
import type { KeySet } from './key-set.ts';

declare const verified: unique symbol;

/** Evidence that the issuer signed the token and that it is meant for this resource, from one time to another. */
export interface VerifiedToken {
  readonly [verified]: true;
  readonly claims: JsonObject;
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  /** NumericDate from which on it is valid, leeway included: the later of iat and nbf. */
  readonly notBefore: number;
  readonly expiresAt: number;
  readonly confirmation: Confirmation;
  /** The key set that verified it. */
  readonly keySet: KeySet;
}

export interface TokenExpectation {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: ReadonlySet<string>;
  readonly keys: IssuerKeys;
  readonly now: number;
  /** Seconds of leeway for exp and nbf. */
  readonly skew: number;
}

/** RFC 9068 §4. NOT checked: that the sender is the one the token is bound to; `matchConfirmation` does that. */
export async function verifyToken(compact: string, expected: TokenExpectation): Promise<VerifiedToken> {
  const jws = readJws(compact, 'token_malformed');
  const { header, payload: claims } = jws;
  // Explicit typing keeps other JWTs of the issuer out: ID tokens, logout tokens, introspection answers
  if (!isAccessTokenType(header['typ'])) throw new HoldfastError('token_typ');
  const keySet = await verifyTokenSignature(jws, expected);
  // Claims only now: before, they are a stranger's words
  if (claims['iss'] !== expected.issuer) throw new HoldfastError('token_issuer');
  checkAudience(claims['aud'], expected.audience);
  const { notBefore, expiresAt } = checkTimes(claims, expected);
  requireString(claims, 'jti', 'token_claims');
  return {
    claims: deepFreeze(claims),
    clientId: requireString(claims, 'client_id', 'token_claims'),
    subject: requireString(claims, 'sub', 'token_claims'),
    scope: Object.freeze(readScope(claims['scope'])),
    notBefore,
    expiresAt,
    confirmation: readConfirmation(claims['cnf']),
    keySet,
  } as unknown as VerifiedToken;
}

// One token serves many requests: what a handler does to its claims must not reach the next one
function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}

// RFC 9068 §2.1 allows both forms, and media types are compared without regard to case (RFC 7515 §4.1.9).
function isAccessTokenType(typ: unknown): boolean {
  if (typeof typ !== 'string') return false;
  const lower = typ.toLowerCase();
  return lower === 'at+jwt' || lower === 'application/at+jwt';
}

async function verifyTokenSignature(
  { header, signingInput, signature }: Jws,
  expected: TokenExpectation,
): Promise<KeySet> {
  const { alg, kid } = header;
  if (!isAlgorithm(alg) || !expected.algorithms.has(alg)) throw new HoldfastError('token_alg');
  if (kid !== undefined && typeof kid !== 'string') throw new HoldfastError('token_malformed', { detail: 'kid' });
  const current = await expected.keys.current();
  // A kid that is new to us: the issuer may have new keys
  const keySet = current.find(alg, kid).length > 0 ? current : await expected.keys.renewed();
  const keys = keySet.find(alg, kid);
  if (keys.length === 0) throw new HoldfastError('token_key_unknown');
  if (!keys.some((key) => verifySignature(alg, key, signingInput, signature)))
    throw new HoldfastError('token_signature');
  return keySet;
}

function checkAudience(aud: unknown, audience: string): void {
  if (aud === undefined) throw new HoldfastError('token_claims', { detail: 'aud' });
  const members: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!members.every((member) => typeof member === 'string'))
    throw new HoldfastError('token_claims', { detail: 'aud' });
  if (!members.includes(audience)) throw new HoldfastError('token_audience');
}

function checkTimes(
  claims: JsonObject,
  { now, skew }: TokenExpectation,
): Pick<VerifiedToken, 'notBefore' | 'expiresAt'> {
  const expiresAt = requireNumber(claims, 'exp', 'token_claims');
  // RFC 9068 §4: now is before exp. A venue has a clock, so an expired token gets no leeway.
  if (now >= expiresAt) throw new HoldfastError('token_expired', { skew: expiresAt - now });
  const iat = requireNumber(claims, 'iat', 'token_claims');
  const nbf = claims['nbf'] === undefined ? iat : requireNumber(claims, 'nbf', 'token_claims');
  const start = Math.max(iat, nbf);
  if (start > now + skew) throw new HoldfastError('token_not_yet_valid', { skew: start - now });
  return { notBefore: start - skew, expiresAt };
}

function readScope(scope: unknown): readonly string[] {
  if (scope === undefined) return [];
  if (typeof scope !== 'string') throw new HoldfastError('token_claims', { detail: 'scope' });
  return scope.split(' ').filter((value) => value !== '');
}
