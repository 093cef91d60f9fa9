import type { KeyObject } from 'node:crypto';
import {
  type Algorithm,
  type Clock,
  createRenewable,
  FAPI_ALGORITHMS,
  HoldfastError,
  importPublicJwk,
  isJsonObject,
  type Jwks,
  type Renewable,
  readPublicJwk,
  type VerificationKey,
} from '@holdfast/proof';
import { readJson } from '../issuer/document.ts';
import { checkUrl } from '../url.ts';

/** The public keys with which a resource server signs its answers. */
export interface ResourceKeys {
  /** Rejects with `resource_metadata` when there are none for the server at this origin, so that nothing is sent to it. */
  prepare(origin: string): Promise<unknown>;
  /** Of the server at this origin. Throws `response_signature` when it has no such key, `resource_metadata` when it says none. */
  find(origin: string, keyid: string | undefined): Promise<VerificationKey>;
}

type Keys = Jwks['keys'];

const MOST_ORIGINS = 100;

export function givenResourceKeys({ keys }: Jwks): ResourceKeys {
  return {
    prepare: async () => {},
    find: async (_origin, keyid) => choose(keys, keyid) ?? unknownKey(),
  };
}

export interface DiscoveryOptions {
  /** Bounded in time and size. `ofResource`: for the resource server itself, which may want to see the certificate. */
  readonly fetch: (ofResource: boolean) => typeof globalThis.fetch;
  readonly clock: Clock;
  /** The resource that the client asks tokens for, where its identifier is a URL of the server. */
  readonly resource: string | undefined;
  readonly allowLoopbackHttp: boolean;
}

/** By the metadata of the resource (RFC 9728), and asked for again when a key is new to us. */
export function discoveredResourceKeys(options: DiscoveryOptions): ResourceKeys {
  const servers = new Map<string, Renewable<Keys>>();

  function serverAt(origin: string): Renewable<Keys> {
    const known = servers.get(origin);
    if (known !== undefined) return known;
    const server = createRenewable(options.clock, () => fetchKeys(origin, options));
    const [oldest] = servers.keys();
    if (servers.size >= MOST_ORIGINS && oldest !== undefined) servers.delete(oldest);
    servers.set(origin, server);
    return server;
  }

  return {
    prepare: (origin) => asked(async () => serverAt(origin).current()),
    find: (origin, keyid) =>
      asked(async () => {
        const server = serverAt(origin);
        return choose(await server.current(), keyid) ?? choose(await server.renewed(), keyid) ?? unknownKey();
      }),
  };
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code !== 'issuer_unavailable') throw thrown;
    throw new HoldfastError('resource_metadata', { cause: thrown });
  }
}

/** RFC 9728 §3: believed only if it names the very resource that it was asked for (§3.3). */
async function fetchKeys(origin: string, { fetch, resource, allowLoopbackHttp }: DiscoveryOptions): Promise<Keys> {
  const identifier = resource !== undefined && URL.parse(resource)?.origin === origin ? resource : origin;
  const { pathname, search } = new URL(identifier);
  const path = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`;
  const metadata = await fetchJson(fetch(true), origin + path);
  if (metadata['resource'] !== identifier) throw new HoldfastError('resource_metadata', { detail: 'resource' });
  const { jwks_uri: jwksUri } = metadata;
  if (typeof jwksUri !== 'string') throw new HoldfastError('resource_metadata', { detail: 'jwks_uri' });
  const { href, origin: at } = checkUrl(jwksUri, allowLoopbackHttp);
  const { keys } = await fetchJson(fetch(at === origin), href);
  if (!Array.isArray(keys)) throw new HoldfastError('resource_metadata', { detail: 'keys' });
  return keys.filter(isJsonObject);
}

async function fetchJson(fetch: typeof globalThis.fetch, url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error' });
  if (response.status !== 200) throw new HoldfastError('resource_metadata', { detail: `status ${response.status}` });
  return await readJson(response, 'resource_metadata');
}

/** The one key of this name; without a name, the only one. A key that does not say for which algorithm it is is none. */
function choose(keys: Keys, keyid: string | undefined): VerificationKey | undefined {
  const named = keyid === undefined ? keys : keys.filter(({ kid }) => kid === keyid);
  const [jwk, another] = named;
  if (jwk === undefined || another !== undefined) return undefined;
  const { use } = jwk;
  const alg = FAPI_ALGORITHMS.find((each) => each === jwk['alg']);
  if (alg === undefined || (use !== undefined && use !== 'sig')) return undefined;
  return { alg, key: importOnce(jwk, alg), keyids: keyid === undefined ? [] : [keyid] };
}

// By the JWK itself, which stays as long as the set that it is in. An import takes as long as a third of a verification
const imported = new WeakMap<Keys[number], KeyObject>();

function importOnce(jwk: Keys[number], alg: Algorithm): KeyObject {
  const key = imported.get(jwk) ?? importPublicJwk(readPublicJwk(jwk, alg, 'response_signature'), 'response_signature');
  imported.set(jwk, key);
  return key;
}

function unknownKey(): never {
  throw new HoldfastError('response_signature', { detail: 'keyid' });
}
