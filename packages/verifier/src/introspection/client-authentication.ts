import { createPrivateKey, createPublicKey, KeyObject, randomBytes } from 'node:crypto';
import { type Algorithm, algorithms, type Clock, isAlgorithm, readPublicJwk, seconds } from '@holdfast/proof';
import { SignJWT } from 'jose';

/** The question that is about to be asked. */
export interface Asking {
  readonly issuer: string;
  /** Where it goes. */
  readonly endpoint: string;
  readonly clientId: string;
  readonly clock: Clock;
}

/** What is added to the question. `token` and `token_type_hint` stay as they are. */
export interface ClientCredentials {
  /** Form parameters, such as client_assertion. */
  readonly form?: Readonly<Record<string, string>>;
  /** Header fields, such as Authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * How this resource server shows itself to the issuer when it asks about a token (RFC 7662 §2.1): called for each
 * question. What it throws is the cause of an `issuer_unavailable`, so it should hold no secret.
 */
export type Authenticate = (asking: Asking) => ClientCredentials | Promise<ClientCredentials>;

export interface PrivateKeyJwtOptions {
  /** Private; a CryptoKey need not be extractable. */
  readonly key: KeyObject | CryptoKey | Readonly<Record<string, unknown>>;
  readonly alg: Algorithm;
  /** The key's id at the issuer. */
  readonly kid?: string;
  /** Default: the issuer as a string, which FAPI 2.0 §5.3.3.1 asks for and no server of another issuer takes. */
  readonly audience?: string;
}

const LIFETIME = 60; // seconds

/** A new assertion for each question: RFC 7523 §2.2, §3, used once and for this issuer alone. */
export function privateKeyJwt({ key: given, alg, kid, audience }: PrivateKeyJwtOptions): Authenticate {
  const key = readPrivateKey(given, alg);
  const header = { typ: 'client-authentication+jwt', alg, ...(kid === undefined ? {} : { kid }) };
  return async ({ issuer, clientId, clock }) => {
    const iat = seconds(clock);
    const aud = audience ?? issuer;
    const jti = randomBytes(16).toString('base64url');
    const claims = { iss: clientId, sub: clientId, aud, jti, iat, exp: iat + LIFETIME };
    return {
      form: {
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await new SignJWT(claims).setProtectedHeader(header).sign(key),
      },
    };
  };
}

/** RFC 6749 §2.3.1, for issuers that offer nothing better: the secret is shown to whoever answers at the endpoint. */
export function clientSecretBasic({ clientSecret }: { readonly clientSecret: string }): Authenticate {
  if (typeof clientSecret !== 'string' || clientSecret === '') throw new TypeError('clientSecret: a non-empty string');
  return ({ clientId }) => {
    const credentials = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    return { headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
  };
}

/** RFC 8705 §2: the certificate of the connection authenticates, which the option `fetch` brings along. */
export function tlsClientAuth(): Authenticate {
  return ({ clientId }) => ({ form: { client_id: clientId } });
}

/** Before the first question: a key that cannot sign is a mistake of the start, not an outage. No error quotes the key. */
function readPrivateKey(given: PrivateKeyJwtOptions['key'], alg: Algorithm): KeyObject | CryptoKey {
  if (!isAlgorithm(alg)) throw new TypeError('alg: one that this package knows');
  const key = given instanceof KeyObject || given instanceof CryptoKey ? given : importPrivateJwk(given);
  if (!(key instanceof KeyObject ? isKeyFor(key, alg) : isCryptoKeyFor(key, alg))) {
    throw new TypeError('key: a private key that signs by alg');
  }
  return key;
}

function importPrivateJwk(jwk: Readonly<Record<string, unknown>>): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new TypeError('key: a private JWK');
  }
}

function isKeyFor(key: KeyObject, alg: Algorithm): boolean {
  try {
    // It takes no key but a private one
    readPublicJwk(createPublicKey(key).export({ format: 'jwk' }), alg);
    return true;
  } catch {
    return false;
  }
}

// Of the keys with these algorithms only private ones sign
function isCryptoKeyFor({ usages, algorithm }: CryptoKey, alg: Algorithm): boolean {
  const { subtle, kty, crv } = algorithms[alg];
  const isOnCurve = kty !== 'EC' || ('namedCurve' in algorithm && algorithm.namedCurve === crv);
  return usages.includes('sign') && algorithm.name === subtle.name && isOnCurve;
}

// RFC 6749 appendix B
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
