import {
  type Document,
  HoldfastError,
  isJsonObject,
  type JsonObject,
  type Jws,
  parseObject,
  readJws,
  requireNumber,
} from '@holdfast/proof';
import type { IssuerKeys } from '../issuer/issuer-keys.ts';
import { mediaTypeOf } from '../media-type.ts';
import { verifyTokenSignature } from '../token/token.ts';

export interface ResponseExpectation {
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: IssuerKeys;
  readonly algorithms: ReadonlySet<string>;
  readonly signed?: boolean | undefined;
  /** NumericDates of the question and of the answer's arrival. */
  readonly askedAt: number;
  readonly now: number;
  /** Seconds that the issuer's clock may differ from ours. */
  readonly skew: number;
}

/**
 * What the issuer says about the token, in a form that was asked for: RFC 7662 §2.2 or RFC 9701 §5. Anything that is not
 * an answer throws. NOT checked: whether the token is active, and what else is said about it.
 */
export async function readResponse(document: Document, expected: ResponseExpectation): Promise<JsonObject> {
  const { signed } = expected;
  const type = mediaTypeOf(document);
  if (type === 'application/token-introspection+jwt' && signed !== false) {
    return checkAnswer(await readSignedAnswer(document.octets.toString('latin1'), expected));
  }
  if (type === 'application/json' && signed !== true) return checkAnswer(parseObject(document.octets));
  throw unusable('Content-Type');
}

/** RFC 7662 §2.2: an error, or anything else that says nothing about the token, is no answer. */
function checkAnswer(answer: unknown): JsonObject {
  if (!isJsonObject(answer)) throw unusable('token_introspection');
  if (!Object.hasOwn(answer, 'active')) throw unusable('active');
  return answer;
}

/** RFC 9701 §5: by a key that the issuer publishes, for us, and in answer to this question. */
async function readSignedAnswer(compact: string, expected: ResponseExpectation): Promise<unknown> {
  const { issuer, clientId, keys, algorithms } = expected;
  // RFC 7516 §3.1: five segments. We publish no key that an issuer could encrypt to.
  if (compact.split('.', 6).length === 5) throw unusable('encrypted');
  const jws = readJws(compact, 'issuer_unavailable');
  checkType(jws);
  await verifyTokenSignature(jws, keys, algorithms);
  const { payload } = jws;
  if (payload['iss'] !== issuer) throw unusable('iss');
  const { aud } = payload;
  if (aud !== clientId && !(Array.isArray(aud) && aud.includes(clientId))) throw unusable('aud');
  checkTimes(payload, expected);
  return payload['token_introspection'];
}

// RFC 9701 §8.1, RFC 8725 §3.11: an access token of the same issuer, which anybody may have, is no answer
function checkType({ header: { typ } }: Jws): void {
  const lower = typeof typ === 'string' ? typ.toLowerCase() : undefined;
  if (lower !== 'token-introspection+jwt' && lower !== 'application/token-introspection+jwt') throw unusable('typ');
}

/** An answer does not name its question, so that an older one about another token would fit, were it not for its time. */
function checkTimes(payload: JsonObject, { askedAt, now, skew }: ResponseExpectation): void {
  const iat = requireNumber(payload, 'iat', 'issuer_unavailable');
  if (iat < askedAt - skew) throw unusable('iat', iat - askedAt);
  if (iat > now + skew) throw unusable('iat', iat - now);
  // RFC 7519 §4.1.4, §4.1.5, though RFC 9701 §5 advises against these
  if (payload['exp'] !== undefined && now >= requireNumber(payload, 'exp', 'issuer_unavailable')) throw unusable('exp');
  if (payload['nbf'] !== undefined && requireNumber(payload, 'nbf', 'issuer_unavailable') > now + skew) {
    throw unusable('nbf');
  }
}

function unusable(detail: string, skew?: number): HoldfastError {
  return new HoldfastError('issuer_unavailable', skew === undefined ? { detail } : { detail, skew });
}
