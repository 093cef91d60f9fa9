import { type Clock, HoldfastError, metadataUrl, withinTime } from '@holdfast/proof';
import { createKeySet, type Jwks, type KeySet } from './key-set.ts';

/** Where the keys of the issuer come from. */
export interface IssuerKeys {
  /** The set that is in force now. */
  current(): KeySet | Promise<KeySet>;
  /** The set that is in force after asking the issuer again, if it may be asked: for a kid that is new to us. */
  renewed(): KeySet | Promise<KeySet>;
}

/** Keys that were given: no network. */
export function givenKeys(jwks: Jwks): IssuerKeys {
  if (!Array.isArray(jwks.keys)) throw new TypeError('jwks: keys is missing');
  const set = createKeySet(structuredClone(jwks)); // what its owner does with it afterwards changes nothing, at any time
  return { current: () => set, renewed: () => set };
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
  let known: { set: KeySet; text: string; at: number } | undefined;
  let failure: unknown; // of the last attempt
  let asked = Number.NEGATIVE_INFINITY;
  let underway: Promise<void> | undefined;

  async function refresh(startedAt: number): Promise<void> {
    const metadata = await fetchJson(fetch, metadataUrl(issuer), timeout);
    // RFC 8414 §3.3: identical, or not used
    if (metadata['issuer'] !== issuer) throw new HoldfastError('issuer_unavailable', { detail: 'issuer differs' });
    const uri = metadata['jwks_uri'];
    if (typeof uri !== 'string' || !uri.startsWith('https://')) {
      throw new HoldfastError('issuer_unavailable', { detail: 'jwks_uri' });
    }
    const jwks = await fetchJson(fetch, uri, timeout);
    if (!Array.isArray(jwks['keys'])) throw new HoldfastError('issuer_unavailable', { detail: 'keys' });
    const text = JSON.stringify(jwks['keys']);
    // The same keys are the same set: what was verified under them stays verified
    known = { set: known?.text === text ? known.set : createKeySet({ keys: jwks['keys'] }), text, at: startedAt };
  }

  async function attempt(startedAt: number): Promise<void> {
    try {
      await refresh(startedAt);
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
      underway = attempt(now);
    }
    await underway;
  }

  /** A clock that stepped back cannot tell how long ago something was: time to ask again, and not too old to use. */
  function followClock(now: number): void {
    if (now < asked) asked = Number.NEGATIVE_INFINITY;
    if (known !== undefined && now < known.at) known = { ...known, at: now - FRESH };
  }

  function current(now: number): KeySet | Promise<KeySet> {
    followClock(now);
    return known !== undefined && now - known.at < FRESH ? known.set : refreshed(now);
  }

  async function refreshed(now: number): Promise<KeySet> {
    const refreshing = refreshWhenDue(now);
    const isUsable = () => known !== undefined && clock() - known.at < STALE;
    // Once the issuer has failed, nobody waits for it who can do without
    if (failure === undefined || !isUsable()) await refreshing;
    if (known === undefined || !isUsable()) throw new HoldfastError('issuer_unavailable', { cause: failure });
    return known.set;
  }

  return {
    current: () => current(clock()),
    async renewed() {
      // When the issuer does not answer, the token is refused, not the service
      await refreshWhenDue(clock());
      return current(clock());
    },
  };
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
