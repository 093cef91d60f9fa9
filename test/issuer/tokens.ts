import { signed } from '../proof/forge.ts';
import { ecKey } from './forge.ts';
import type { Fields, People } from './people.ts';

/** Tokens of an issuer whose key a test has, so that it can also sign what the issuer never would. */

const KID = 'issuer-1';
const issuerKey = ecKey();

/** For `signing_keys`. */
export const signingKey = { ...issuerKey.privateJwk, kid: KID };

/** What access tokens are: `access_token_format`. */
export const FORMATS = ['jwt', 'opaque'] as const;

/** An access token that a person approved, for what `form` asks for. */
export async function accessToken(people: People, form: Fields = {}): Promise<string> {
  const { body } = await people.redeem(await people.code(form));
  return String(body['access_token']);
}

/** A JWT under the key of the issuer, or under another one that says so. */
export function signedByIssuer(header: object, payload: object, key = issuerKey): string {
  return signed(JSON.stringify({ typ: 'at+jwt', alg: 'ES256', kid: KID, ...header }), JSON.stringify(payload), key);
}
