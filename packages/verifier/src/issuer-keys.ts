import type { KeyObject } from 'node:crypto';
import {
  type Algorithm,
  type Clock,
  HoldfastError,
  importPublicJwk,
  metadataUrl,
  readPublicJwk,
} from '@holdfast/proof';

/** A JWK Set (RFC 7517 §5) as it came from the issuer. */
export interface Jwks {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Where the keys of the issuer come from. */
export interface IssuerKeys {
  /** The keys that may have signed a token with this header; usually one. Empty when there is none. */
  find(alg: Algorithm, kid: string | undefined): Promise<readonly KeyObject[]>;
}

/** Keys that were given: no network. */
export function givenKeys(jwks: Jwks): IssuerKeys {
  if (!Array.isArray(jwks.keys)) throw new TypeError('jwks: keys is missing');
  return { find: async (alg, kid) => select(jwks, alg, kid) };
}

export interface DiscoveredKeysOptions {
  readonly issuer: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

const TIMEOUT = 5_000; // ms for one request
const LARGEST = 256 * 1024; // octets of a document
const FRESH = 600_000; // ms that a key set is used without asking again
const STALE = 3_600_000; // ms that it is used while the issuer does not answer
const COOLDOWN = 30_000; // ms between two requests, so that unknown kids cannot make us a weapon against the issuer

/** Keys by the issuer's metadata (RFC 8414): fetched once for all concurrent requests, kept, asked again for a new kid. */
export function discoveredKeys({ issuer, fetch, clock }: DiscoveredKeysOptions): IssuerKeys {
  let known: { jwks: Jwks; at: number } | undefined;
  let asked = Number.NEGATIVE_INFINITY;
  let underway: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    asked = clock();
    const metadata = await fetchJson(fetch, metadataUrl(issuer));
    // RFC 8414 §3.3: identical, or not used
    if (metadata['issuer'] !== issuer) throw new HoldfastError('issuer_unavailable', { detail: 'issuer differs' });
    const uri = metadata['jwks_uri'];
    if (typeof uri !== 'string' || !uri.startsWith('https://')) {
      throw new HoldfastError('issuer_unavailable', { detail: 'jwks_uri' });
    }
    const jwks = await fetchJson(fetch, uri);
    if (!Array.isArray(jwks['keys'])) throw new HoldfastError('issuer_unavailable', { detail: 'keys' });
    known = { jwks: { keys: jwks['keys'] }, at: clock() };
  }

  function refreshOnce(): Promise<void> {
    underway ??= refresh().finally(() => {
      underway = undefined;
    });
    return underway;
  }

  async function current(): Promise<Jwks> {
    if (known !== undefined && clock() - known.at < FRESH) return known.jwks;
    try {
      if (underway !== undefined || clock() - asked >= COOLDOWN) await refreshOnce();
    } catch (cause) {
      if (known === undefined) throw new HoldfastError('issuer_unavailable', { cause });
    }
    if (known === undefined || clock() - known.at >= STALE) throw new HoldfastError('issuer_unavailable');
    return known.jwks;
  }

  return {
    async find(alg, kid) {
      const keys = select(await current(), alg, kid);
      if (keys.length > 0 || (underway === undefined && clock() - asked < COOLDOWN)) return keys;
      try {
        await refreshOnce();
      } catch {
        return keys; // the set we have is still fresh; the token is refused, not the service
      }
      return select(await current(), alg, kid);
    },
  };
}

// FAPI 2.0 §5.4.3: when a kid is not unique, kty, crv, use and alg choose.
function select({ keys }: Jwks, alg: Algorithm, kid: string | undefined): KeyObject[] {
  const fitting: KeyObject[] = [];
  for (const jwk of keys) {
    try {
      if (kid !== undefined && jwk['kid'] !== kid) continue;
      fitting.push(importPublicJwk(readPublicJwk(jwk, alg)));
    } catch {
      // a key for another algorithm, one that is not sound, or no key at all: not a key for this token
    }
  }
  return fitting;
}

async function fetchJson(fetch: typeof globalThis.fetch, url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const length = Number(response.headers.get('content-length') ?? 0);
  if (response.status !== 200 || length > LARGEST) {
    await response.body?.cancel();
    throw new HoldfastError('issuer_unavailable', { detail: `status ${response.status}` });
  }
  const text = await response.text();
  const value: unknown = text.length > LARGEST ? undefined : JSON.parse(text);
  if (typeof value !== 'object' || value === null)
    throw new HoldfastError('issuer_unavailable', { detail: 'not JSON' });
  return value as Record<string, unknown>;
}
