import { randomBytes } from 'node:crypto';
import { type Clock, type ProofKey, seconds } from '@holdfast/proof';
import { segment, signCompact } from '../compact.ts';

const LIFETIME = 60; // seconds

export interface AssertionOptions {
  readonly clientId: string;
  readonly issuer: string;
  readonly key: ProofKey;
  /** The key's id at the issuer, where the client registered several. */
  readonly kid?: string | undefined;
  readonly clock: Clock;
}

/**
 * A client assertion for private_key_jwt (RFC 7523 §3): for the issuer alone, as a string (FAPI 2.0 §5.3.3.1), with a
 * new jti every time, since it is used once.
 */
export async function createAssertion({ clientId, issuer, key, kid, clock }: AssertionOptions): Promise<string> {
  const now = seconds(clock);
  const header = { typ: 'client-authentication+jwt', alg: key.alg, ...(kid === undefined ? {} : { kid }) };
  const payload = {
    iss: clientId,
    sub: clientId,
    aud: issuer,
    jti: randomBytes(16).toString('base64url'),
    iat: now,
    exp: now + LIFETIME,
  };
  return signCompact(key, segment(header), payload);
}
