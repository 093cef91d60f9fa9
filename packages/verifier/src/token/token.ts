import {
  type Confirmation,
  HoldfastError,
  isAlgorithm,
  type JsonObject,
  type Jws,
  type KeySet,
  readConfirmation,
  readJws,
  readStatusReference,
  requireNumber,
  requireString,
  type StatusReference,
  verifySignature,
} from '@holdfast/proof';
import { readAuthorizationDetails } from '../authorization-details.ts';
import type { IssuerKeys } from '../issuer/issuer-keys.ts';
import type { Issuers } from '../issuer/issuers.ts';
import type { StatusLists } from '../status/status-lists.ts';

declare const verified: unique symbol;

/** Evidence that the issuer vouches for the token and that it is meant for this resource, from one time to another. */
export interface VerifiedToken {
  readonly [verified]: true;
  readonly issuer: string;
  readonly claims: JsonObject;
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  /** RFC 9396 §9. */
  readonly authorizationDetails: readonly JsonObject[];
  /** NumericDate from which on it is valid, leeway included: the later of iat and nbf. */
  readonly notBefore: number;
  readonly expiresAt: number;
  readonly confirmation: Confirmation;
  /** NumericDate from which on the issuer has to be asked again; never later than `expiresAt`. */
  readonly knownUntil: number;
  /** The keys of the issuer, and the set of them that verified the token. Absent where another channel vouches for it. */
  readonly signedUnder?: { readonly keys: IssuerKeys; readonly keySet: KeySet };
  /** Where its status is to be looked up. Absent where no list has it. */
  readonly status?: TokenStatus;
}

export interface TokenStatus extends StatusReference {
  /** The lists of its issuer. */
  readonly lists: StatusLists;
}

export interface TokenExpectation {
  readonly audience: string;
  readonly now: number;
  /** Seconds of leeway for iat and nbf. */
  readonly skew: number;
}

export interface JwtExpectation extends TokenExpectation {
  readonly issuers: Issuers;
  readonly algorithms: ReadonlySet<string>;
}

/**
 * RFC 9068 §4. NOT checked: that the sender is the one the token is bound to, which `matchConfirmation` does; nor its status,
 * only that it says where that is to be found.
 */
export async function verifyToken(compact: string, expected: JwtExpectation): Promise<VerifiedToken> {
  const jws = readJws(compact, 'token_malformed');
  checkTokenType(jws);
  // RFC 8725 §3.8: a stranger's word until the signature has verified, and only good for choosing whose keys to try
  const { issuer, keys, statusLists } = expected.issuers.named(jws.payload['iss']);
  const keySet = await verifyTokenSignature(jws, keys, expected.algorithms);
  // Claims only now: before, they are a stranger's words
  requireString(jws.payload, 'jti', 'token_claims');
  const content = readTokenClaims(jws.payload, expected);
  const status = readTokenStatus(jws.payload, statusLists);
  return {
    ...content,
    issuer,
    knownUntil: content.expiresAt,
    signedUnder: { keys, keySet },
    ...(status === undefined ? {} : { status }),
  } as unknown as VerifiedToken;
}

/** Token Status List §8.3 (1). `lists`: those of the issuer; undefined when nobody looks at them. */
export function readTokenStatus(claims: JsonObject, lists: StatusLists | undefined): TokenStatus | undefined {
  const reference = readStatusReference(claims);
  lists?.checkReference(reference);
  return lists === undefined || reference === undefined ? undefined : { ...reference, lists };
}

/** What the issuer says about a token, in a JWT or in answer to a question. Frozen: one token serves many requests. */
export function readTokenClaims(
  claims: JsonObject,
  expected: TokenExpectation,
): Omit<VerifiedToken, typeof verified | 'issuer' | 'knownUntil' | 'signedUnder' | 'status'> {
  checkAudience(claims, expected.audience);
  const { notBefore, expiresAt } = checkTimes(claims, expected);
  return deepFreeze({
    claims,
    clientId: requireString(claims, 'client_id', 'token_claims'),
    subject: requireString(claims, 'sub', 'token_claims'),
    scope: readScope(claims['scope']),
    authorizationDetails: readAuthorizationDetails(claims['authorization_details']),
    notBefore,
    expiresAt,
    confirmation: readConfirmation(claims['cnf']),
  });
}

// What a handler does to the claims must not reach the next request
function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}

/**
 * RFC 9068 §4, §2.1, which allows both forms; media types are compared without regard to case (RFC 7515 §4.1.9).
 * Explicit typing keeps other JWTs of the issuer out: ID tokens, logout tokens, introspection answers.
 */
export function checkTokenType({ header }: Jws): void {
  const typ = header['typ'];
  const lower = typeof typ === 'string' ? typ.toLowerCase() : undefined;
  if (lower !== 'at+jwt' && lower !== 'application/at+jwt') throw new HoldfastError('token_typ');
}

/** RFC 9068 §4: by a key that the issuer publishes. Returns the key set that it is in. */
export async function verifyTokenSignature(
  { header, signingInput, signature }: Jws,
  issuerKeys: IssuerKeys,
  algorithms: ReadonlySet<string>,
): Promise<KeySet> {
  const { alg, kid } = header;
  if (!isAlgorithm(alg) || !algorithms.has(alg)) throw new HoldfastError('token_alg');
  if (kid !== undefined && typeof kid !== 'string') throw new HoldfastError('token_malformed', { detail: 'kid' });
  const current = await issuerKeys.current();
  // A kid that is new to us: the issuer may have new keys
  const keySet = current.find(alg, kid).length > 0 ? current : await issuerKeys.renewed();
  const keys = keySet.find(alg, kid);
  if (keys.length === 0) throw new HoldfastError('token_key_unknown');
  if (!keys.some((key) => verifySignature(alg, key, signingInput, signature)))
    throw new HoldfastError('token_signature');
  return keySet;
}

/** RFC 9068 §4: this resource is among those that the token is for. */
export function checkAudience({ aud }: JsonObject, audience: string): void {
  if (aud === undefined) throw new HoldfastError('token_claims', { detail: 'aud' });
  const members: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!members.every((member) => typeof member === 'string'))
    throw new HoldfastError('token_claims', { detail: 'aud' });
  if (!members.includes(audience)) throw new HoldfastError('token_audience');
}

/** RFC 9068 §4, RFC 7519 §4.1.4–4.1.6. */
export function checkTimes(
  claims: JsonObject,
  { now, skew }: TokenExpectation,
): Pick<VerifiedToken, 'notBefore' | 'expiresAt'> {
  const expiresAt = requireNumber(claims, 'exp', 'token_claims');
  // Now is before exp. A venue has a clock, so an expired token gets no leeway.
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
