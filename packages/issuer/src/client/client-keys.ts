import type { KeyObject } from 'node:crypto';
import {
  type Algorithm,
  type Clock,
  createKeySet,
  createRenewable,
  type Document,
  fetchDocument,
  HoldfastError,
  isJsonObject,
  parseObject,
  readPublicJwk,
} from '@holdfast/proof';
import { type Authentication, MOST_KEYS, registeredCertificates } from './client-metadata.ts';
import { type Jwk, readCertificate, x5cFault } from './registered-key.ts';

/** The keys that a client registered. Both verbs throw `client_keys_unavailable` when they cannot be fetched. */
export interface ClientKeys {
  /** The keys that may have signed a JWS with this header; usually one. Empty when there is none. */
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[] | Promise<readonly KeyObject[]>;
  /** Whether a certificate (DER) is one of those for self_signed_tls_client_auth: RFC 8705 §2.2. */
  hasCertificate(certificate: Uint8Array): boolean | Promise<boolean>;
}

/** How the keys of a `jwks_uri` are got. */
export interface KeyFetching {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Milliseconds for one JWK Set. Default 5000. */
  readonly timeout?: number | undefined;
}

/** By `jwks` or by `jwks_uri`, of which a sound registration has one at most (RFC 7591 §2). */
export function clientKeys({ jwks, jwks_uri: uri }: Authentication, fetching: KeyFetching): ClientKeys {
  return uri === undefined ? givenKeys(jwks?.keys ?? []) : fetchedKeys(uri, fetching);
}

interface GivenKeys extends ClientKeys {
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[];
  hasCertificate(certificate: Uint8Array): boolean;
}

function givenKeys(keys: readonly Jwk[]): GivenKeys {
  const set = createKeySet({ keys });
  const certificates = registeredCertificates(keys).map((x5c) => readCertificate(x5c).raw);
  return {
    find: (alg, kid) => set.find(alg, kid),
    hasCertificate: (certificate) => certificates.some((each) => Buffer.compare(each, certificate) === 0),
  };
}

const LARGEST = 65_536; // octets of a JWK Set
const ACCEPT = { accept: 'application/jwk-set+json, application/json' };

/**
 * Fetched when they are first needed, and again when a key or certificate is asked for that is not among them: so a client
 * rotates its keys without anybody's help, and a stranger's kid costs it one question per cooldown (`createRenewable`).
 * A set that holds private key material is not used. NOT checked: where the URI leads; that is up to `fetch`.
 */
function fetchedKeys(uri: string, { fetch, clock, timeout = 5000 }: KeyFetching): ClientKeys {
  const published = createRenewable(clock, async () =>
    givenKeys(readKeys(await fetchDocument({ fetch, timeout }, uri, { headers: ACCEPT, largest: LARGEST }))),
  );

  async function ask<T>(question: (keys: GivenKeys) => T, isFound: (answer: T) => boolean): Promise<T> {
    try {
      const answer = question(await published.current());
      return isFound(answer) ? answer : question(await published.renewed());
    } catch (cause) {
      // Without detail: what exactly a server answered is nothing for whoever made us ask it
      throw new HoldfastError('client_keys_unavailable', { cause });
    }
  }

  return {
    find(alg, kid) {
      return ask(
        (keys) => keys.find(alg, kid),
        (found) => found.length > 0,
      );
    },
    hasCertificate: (certificate) => ask((keys) => keys.hasCertificate(certificate), Boolean),
  };
}

/** The sound keys of a JWK Set; an unknown kind of key may stand beside them (RFC 7517 §5). */
function readKeys({ octets }: Document): readonly Jwk[] {
  const { keys } = parseObject(octets);
  if (!Array.isArray(keys) || keys.length > MOST_KEYS)
    throw new HoldfastError('issuer_unavailable', { detail: 'keys' });
  if (keys.some(isPrivate)) throw new HoldfastError('issuer_unavailable', { detail: 'private key' });
  return keys.filter(isJsonObject).filter((key) => key['x5c'] === undefined || x5cFault(key) === undefined);
}

function isPrivate(key: unknown): boolean {
  try {
    readPublicJwk(key, 'ES256'); // what is private is looked for before anything else
    return false;
  } catch (thrown) {
    return thrown instanceof HoldfastError && thrown.code === 'proof_jwk_private';
  }
}
