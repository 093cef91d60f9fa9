import { isAlgorithm } from '@holdfast/proof';
import type { VerifierOptions } from './verifier.ts';

/**
 * Throws TypeError for settings that would open the door: options often come from a file or the environment, where types
 * promise nothing. A bound that is NaN bounds nothing, and an issuer that is undefined equals an `iss` that is missing.
 */
export function checkOptions(options: VerifierOptions): void {
  const { issuer, audience, algorithms = [], nonce = 'required', maxAge = 0, skew = 0, timeout = 1 } = options;
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: a non-empty string`);
  }
  for (const [name, value] of Object.entries({ maxAge, skew, timeout })) {
    if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name}: a number, zero or more`);
  }
  if (!algorithms.every(isAlgorithm) || options.algorithms?.length === 0) {
    throw new TypeError('algorithms: one or more that this package knows');
  }
  if (nonce !== 'required' && nonce !== 'off') throw new TypeError("nonce: 'required' or 'off'");
}
