import type { KeyObject } from 'node:crypto';
import {
  type Algorithm,
  type Clock,
  HoldfastError,
  importPublicJwk,
  metadataUrl,
  readPublicJwk,
} from '@holdfast/proof';
import { withinTime } from './within-time.ts';

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
  /** Milliseconds for one document. */
  readonly timeout: number;
}

const LARGEST = 256 * 1024; // octets of a document
const FRESH = 600_000; // ms that a key set is used without asking again
const STALE = 3_600_000; // ms that it is used while the issuer does not answer
const COOLDOWN = 30_000; // ms between two requests, so that unknown kids cannot make us a weapon against the issuer
const RETRY = 1_000; // ms between two requests while there is no key set at all

/** Keys by the issuer's metadata (RFC 8414): fetched once for all concurrent requests, kept, asked again for a new kid. */
export function discoveredKeys({ issuer, fetch, clock, timeout }: DiscoveredKeysOptions): IssuerKeys {
  if (!URL.canParse(issuer) || !/^https:[^?#]+$/.test(issuer)) {
    throw new TypeError('issuer: an https URL without query and fragment, unless jwks is given');
  }
  let known: { jwks: Jwks; at: number } | undefined;
  let failure: unknown; // of the last attempt
  let asked = Number.NEGATIVE_INFINITY;
  let underway: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    const metadata = await fetchJson(fetch, metadataUrl(issuer), timeout);
    // RFC 8414 §3.3: identical, or not used
    if (metadata['issuer'] !== issuer) throw new HoldfastError('issuer_unavailable', { detail: 'issuer differs' });
    const uri = metadata['jwks_uri'];
    if (typeof uri !== 'string' || !uri.startsWith('https://')) {
      throw new HoldfastError('issuer_unavailable', { detail: 'jwks_uri' });
    }
    const jwks = await fetchJson(fetch, uri, timeout);
    if (!Array.isArray(jwks['keys'])) throw new HoldfastError('issuer_unavailable', { detail: 'keys' });
    known = { jwks: { keys: jwks['keys'] }, at: clock() };
  }

  async function attempt(): Promise<void> {
    try {
      await refresh();
      failure = undefined;
    } catch (thrown) {
      failure = thrown;
    } finally {
      underway = undefined;
    }
  }

  /** One attempt for everybody who waits, none during the cooldown. A failed one is remembered, not thrown. */
  async function refreshWhenDue(now: number): Promise<void> {
    if (underway === undefined && now - asked >= (known === undefined ? RETRY : COOLDOWN)) {
      asked = now;
      underway = attempt();
    }
    await underway;
  }

  async function current(now: number): Promise<Jwks> {
    if (known !== undefined && now - known.at < FRESH) return known.jwks;
    const refreshed = refreshWhenDue(now);
    const isUsable = () => known !== undefined && now - known.at < STALE;
    // Once the issuer has failed, nobody waits for it who can do without
    if (failure === undefined || !isUsable()) await refreshed;
    if (known === undefined || !isUsable()) throw new HoldfastError('issuer_unavailable', { cause: failure });
    return known.jwks;
  }

  return {
    async find(alg, kid) {
      const now = clock();
      const keys = select(await current(now), alg, kid);
      if (keys.length > 0) return keys;
      // A kid that is new to us. When the issuer does not answer, the token is refused, not the service.
      await refreshWhenDue(now);
      return select(await current(now), alg, kid);
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

async function fetchJson(
  fetch: typeof globalThis.fetch,
  url: string,
  timeout: number,
): Promise<Record<string, unknown>> {
  const init = {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeout),
  } as const;
  const response = await withinTime(fetch(url, init), timeout);
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new HoldfastError('issuer_unavailable', { detail: `status ${response.status}` });
  }
  const value: unknown = JSON.parse(await withinTime(readText(response), timeout));
  if (typeof value !== 'object' || value === null)
    throw new HoldfastError('issuer_unavailable', { detail: 'not JSON' });
  return value as Record<string, unknown>;
}

// The length is counted here: Content-Length may be absent, and says nothing about compressed content.
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LARGEST) throw new HoldfastError('issuer_unavailable', { detail: 'too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
