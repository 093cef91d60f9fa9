import { HoldfastError } from './errors.ts';
import type { JsonObject } from './jws.ts';
import type { Code } from './refusals.ts';

/** RFC 7519 §2: a string that is there and not empty. Throws `refusal` with the name of the claim. */
export function requireString(claims: JsonObject, claim: string, refusal: Code): string {
  const value = claims[claim];
  if (typeof value !== 'string' || value === '') throw new HoldfastError(refusal, { detail: claim });
  return value;
}

/** RFC 7519 §2: NumericDate is a JSON number; 1e400 parses as Infinity. Throws `refusal` with the name of the claim. */
export function requireNumber(claims: JsonObject, claim: string, refusal: Code): number {
  const value = claims[claim];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new HoldfastError(refusal, { detail: claim });
  return value;
}
