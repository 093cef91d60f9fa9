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
  const key = importPrivateKey(given, alg);
  try {
    readPublicJwk(publicJwk(key instanceof KeyObject ? key : KeyObject.from(key)), alg);
  } catch {
    throw new TypeError('key: a private key for alg');
  }
  return key;
}

function importPrivateKey(given: PrivateKeyJwtOptions['key'], alg: Algorithm): KeyObject | CryptoKey {
  if (given instanceof KeyObject) return given;
  if (given instanceof CryptoKey) {
    const isForAlg = given.algorithm.name === algorithms[alg].subtle.name && given.usages.includes('sign');
    if (!isForAlg) throw new TypeError('key: a CryptoKey that signs by alg');
    return given;
  }
  try {
    return createPrivateKey({ key: given, format: 'jwk' });
  } catch {
    throw new TypeError('key: a private JWK');
  }
}

function publicJwk(key: KeyObject): object {
  if (key.type !== 'private') throw new TypeError('key: private');
  return createPublicKey(key).export({ format: 'jwk' });
}

// RFC 6749 appendix B
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
