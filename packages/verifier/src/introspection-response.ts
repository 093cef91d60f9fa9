import { HoldfastError, type JsonObject, readJws, requireNumber } from '@holdfast/proof';
import { type Document, parseObject } from './document.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { verifyTokenSignature } from './token.ts';

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
 * What the issuer says about the token, in the form that was asked for: RFC 7662 §2.2 or RFC 9701 §5. Anything that is
 * not an answer throws. NOT checked: whether the token is active, and what is said about it.
 */
export async function readResponse({ type, octets }: Document, expected: ResponseExpectation): Promise<JsonObject> {
  const answer = checkedAnswer(await contentOf(type, octets, expected));
  return answer;
}

async function contentOf(type: string, octets: Buffer, expected: ResponseExpectation): Promise<unknown> {
  const { signed } = expected;
  // RFC 9110 §8.3.1: media types are compared without regard to case; parameters change nothing here
  const mediaType = type.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'application/token-introspection+jwt' && signed !== false) {
    return await readSigned(octets.toString('latin1'), expected);
  }
  if (mediaType === 'application/json' && signed !== true) return parseObject(octets);
  throw unusable('Content-Type');
}
