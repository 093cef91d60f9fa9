import {
  type Document,
  decodeStatusList,
  HoldfastError,
  type JsonObject,
  type Jws,
  readJws,
  requireNumber,
  type StatusList,
} from '@holdfast/proof';
import type { IssuerKeys } from '../issuer/issuer-keys.ts';
import { mediaTypeOf } from '../media-type.ts';
import { verifyTokenSignature } from '../token/token.ts';

export interface ListExpectation {
  /** Where the list was asked for. */
  readonly uri: string;
  readonly issuer: string;
  readonly keys: IssuerKeys;
  readonly algorithms: ReadonlySet<string>;
  readonly audience: string;
  /** NumericDate of its arrival. */
  readonly now: number;
  /** Seconds that the issuer's clock may differ from ours. */
  readonly skew: number;
}

/** A list that the issuer vouches for. */
export interface VerifiedList {
  readonly list: StatusList;
  /** Seconds after which there may be a newer one. */
  readonly ttl: number | undefined;
  /** NumericDate from which on it says nothing. */
  readonly endsAt: number;
}

const SHORTEST_TTL = 1; // second

/** Token Status List §5.1, §8.3. Anything that is not the list that was asked for, signed and of this time, throws. */
export async function verifyStatusList(document: Document, expected: ListExpectation): Promise<VerifiedList> {
  if (mediaTypeOf(document) !== 'application/statuslist+jwt') throw unusable('Content-Type');
  const jws = readJws(document.octets.toString('latin1'), 'issuer_unavailable');
  checkType(jws);
  await verifyTokenSignature(jws, expected.keys, expected.algorithms);
  const { payload } = jws;
  // §8.3 (4a): or any list of the issuer would do for any token
  if (payload['sub'] !== expected.uri) throw unusable('sub');
  if (payload['iss'] !== undefined && payload['iss'] !== expected.issuer) throw unusable('iss');
  checkAudience(payload, expected.audience);
  const times = checkTimes(payload, expected);
  return { list: decodeStatusList(payload['status_list']), ...times };
}

// RFC 8725 §3.11: an access token of the same issuer, which anybody may have, is no list
function checkType({ header: { typ } }: Jws): void {
  const lower = typeof typ === 'string' ? typ.toLowerCase() : undefined;
  if (lower !== 'statuslist+jwt' && lower !== 'application/statuslist+jwt') throw unusable('typ');
}

// RFC 7519 §4.1.3: a list is for everybody, unless it says for whom it is
function checkAudience({ aud }: JsonObject, audience: string): void {
  if (aud === undefined || aud === audience || (Array.isArray(aud) && aud.includes(audience))) return;
  throw unusable('aud');
}

function checkTimes(payload: JsonObject, { now, skew }: ListExpectation): Omit<VerifiedList, 'list'> {
  const iat = requireNumber(payload, 'iat', 'issuer_unavailable');
  if (iat > now + skew) throw unusable('iat', iat - now);
  if (payload['nbf'] !== undefined && requireNumber(payload, 'nbf', 'issuer_unavailable') > now + skew) {
    throw unusable('nbf');
  }
  const exp = optionalNumber(payload, 'exp');
  if (exp !== undefined && now >= exp) throw unusable('exp', exp - now);
  const ttl = optionalNumber(payload, 'ttl');
  // §11.5: less would make us ask without pause
  if (ttl !== undefined && ttl < SHORTEST_TTL) throw unusable('ttl');
  // Both are only recommended (§5.1). With neither, an old list would be as good as a new one
  if (ttl === undefined && exp === undefined) throw unusable('exp');
  // §13.7: by then there was to be a newer one; whatever kept this one, it tells of another time
  const aged = ttl === undefined ? Number.POSITIVE_INFINITY : iat + ttl + skew;
  if (now >= aged) throw unusable('iat', iat - now);
  return { ttl, endsAt: Math.min(exp ?? Number.POSITIVE_INFINITY, aged) };
}

function optionalNumber(payload: JsonObject, claim: string): number | undefined {
  return payload[claim] === undefined ? undefined : requireNumber(payload, claim, 'issuer_unavailable');
}

function unusable(detail: string, skew?: number): HoldfastError {
  return new HoldfastError('issuer_unavailable', skew === undefined ? { detail } : { detail, skew });
}
