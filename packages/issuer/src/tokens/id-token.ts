import type { Client } from '../client/clients.ts';
import type { Grant } from '../grants/grant.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { SigningKey } from '../keys/signing-key.ts';

const LIFETIME = 300; // seconds

/** OIDC Core §2, §3.1.3.3: who logged in and when, for the client alone. A nonce that was not sent is not invented. */
export async function signIdToken(
  key: SigningKey,
  issuer: string,
  grant: Grant,
  { clientId }: Client,
  now: number,
): Promise<string> {
  return await signJwt(
    key,
    { typ: 'JWT' },
    {
      iss: issuer,
      sub: grant.subject,
      aud: clientId,
      iat: now,
      exp: now + LIFETIME,
      auth_time: grant.authTime,
      ...(grant.nonce === undefined ? {} : { nonce: grant.nonce }),
    },
  );
}
