import {
  type Algorithm,
  type Clock,
  FAPI_ALGORITHMS,
  isAlgorithm,
  isAvailable,
  type Jwks,
  type NoncePolicy,
  type ReplayStore,
} from '@holdfast/proof';
import type { IntrospectionOptions } from './introspection/introspection.ts';
import type { TrustedIssuer } from './issuer/issuers.ts';
import { checkOrigin } from './origin.ts';
import type { ResourceMetadataMembers } from './resource-metadata.ts';
import type { IsRevoked } from './revocations.ts';
import type { ResponseSigningOptions } from './signature/response-signing.ts';
import { STATUS_POLICIES, type StatusPolicy } from './status/status-policy.ts';

export interface VerifierOptions {
  /** Issuer identifier (RFC 8414 §2), compared code point by code point. Or several issuers, each with its own keys. */
  readonly issuer: string | readonly TrustedIssuer[];
  /** The identifier of this resource in `aud` (RFC 9068 §3). */
  readonly audience: string;
  /** Public origin of this resource: what `htu` begins with. Never taken from the Host field. */
  readonly origin: string;
  /** Keys of the one issuer, read once. Left out: fetched by the issuer's metadata, kept, and asked for again. */
  readonly jwks?: Jwks;
  /** How to ask the one issuer about tokens that are not JWTs (RFC 7662). Left out: they are refused. */
  readonly introspection?: IntrospectionOptions;
  /** An https URL that the URIs of the one issuer's status lists begin with. Default: its origin. */
  readonly statusLists?: string;
  /** JWS algorithms for proofs and tokens. Default: FAPI 2.0 §5.4.1. */
  readonly algorithms?: readonly Algorithm[];
  /** Whether a proof has to carry a recent nonce of this server. Default: required. See `NoncePolicy`. */
  readonly nonce?: NoncePolicy;
  /**
   * Secrets that several processes share, so that each accepts the nonces of all: 32 octets or more each, the first one
   * signs. They then need a `replay` store that they share, too. Left out: a random one, and nonces of this process only.
   */
  readonly nonceSecrets?: readonly Uint8Array[];
  /** Seconds between two nonces of this server, whole; each is accepted for one to two of them. Default 60. */
  readonly nonceStep?: number;
  /**
   * Where used proofs are remembered. Default: a table in this process, enough while nonces are its own. Without nonces,
   * and unless the store outlives this process, proofs that may be from before its start are challenged.
   */
  readonly replay?: ReplayStore;
  /** Seconds that the `iat` of a proof without nonce may lie in the past. Default 60. */
  readonly maxAge?: number;
  /** Seconds that `iat` and `nbf` may lie in the future. Default 10. */
  readonly skew?: number;
  /** Milliseconds that the replay store, the revocation check, and each document of the issuer may take. Default 2000. */
  readonly timeout?: number;
  /** Whether a token was revoked, asked for every request. Anything but an answer in time refuses. */
  readonly isRevoked?: IsRevoked;
  /**
   * Whether the status of JWTs is looked up in the lists that they refer to. Default: optional, where they do. See
   * `StatusPolicy`. Lists are fetched also where `jwks` are given.
   */
  readonly status?: StatusPolicy;
  /** Seconds that a status list is used at most: that late a revocation is learned of. Default 60. */
  readonly statusMaxAge?: number;
  /** Milliseconds between two looks at a token that `watch` watches, at most; half as many at least. Default 30000. */
  readonly watchInterval?: number;
  /** Where signatures of proofs are verified. Default: inline, which costs the least CPU; `pool` uses several cores. */
  readonly signatures?: 'inline' | 'pool';
  /** Given: challenges point to protected resource metadata (RFC 9728), which the adapters serve, with these members. */
  readonly metadata?: ResourceMetadataMembers;
  /**
   * Given: answers to signed requests are signed, on routes that need a signature (FAPI 2.0 HTTP Signatures §5.3.2.1). Needs
   * `metadata`, which says where the key is published.
   */
  readonly responseSigning?: ResponseSigningOptions;
  readonly clock?: Clock;
  /** For the documents of the issuer, and for introspection. */
  readonly fetch?: typeof globalThis.fetch;
  /** Allows an `http:` origin on loopback, for tests and benchmarks. */
  readonly allowLoopbackHttp?: boolean;
}

export type Settings = ReturnType<typeof readOptions>;

/**
 * Fills in the defaults. Throws TypeError for settings that would open the door: options often come from a file or the
 * environment, where types promise nothing. A bound that is NaN bounds nothing.
 */
export function readOptions(options: VerifierOptions) {
  const { audience, algorithms = FAPI_ALGORITHMS, nonce = 'required', signatures = 'inline' } = options;
  const { maxAge = 60, skew = 10, timeout = 2000, watchInterval = 30_000, nonceStep = 60 } = options;
  const { status = 'optional', statusMaxAge = 60, clock = Date.now, fetch = globalThis.fetch } = options;
  if (typeof audience !== 'string' || audience === '') throw new TypeError('audience: a non-empty string');
  for (const [name, value] of Object.entries({ maxAge, skew, timeout, watchInterval })) {
    if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name}: a number, zero or more`);
  }
  if (!Number.isInteger(statusMaxAge) || statusMaxAge < 1)
    throw new TypeError('statusMaxAge: whole seconds, one or more');
  if (!algorithms.every(isAlgorithm) || algorithms.length === 0) {
    throw new TypeError('algorithms: one or more that this package knows');
  }
  if (!algorithms.every(isAvailable)) throw new TypeError('algorithms: one that this version of Node does not have');
  oneOf('nonce', nonce, ['required', 'optional', 'off']);
  oneOf('signatures', signatures, ['inline', 'pool']);
  oneOf('status', status, STATUS_POLICIES);
  // Also null, as a file would say it: what is no store would be taken for one that outlives the process
  if (options.replay !== undefined && typeof options.replay?.add !== 'function') {
    throw new TypeError('replay: a store');
  }
  // One process would accept what another has seen
  if (options.nonceSecrets !== undefined && isVolatile(options.replay)) {
    throw new TypeError('nonceSecrets: only with a replay store that all processes share');
  }
  checkResponseSigning(options);
  const origin = checkOrigin(options.origin, options.allowLoopbackHttp ?? false);
  const trusted = trustedIssuers(options);
  return {
    ...options,
    trusted,
    origin,
    algorithms,
    nonce,
    signatures,
    maxAge,
    skew,
    nonceStep,
    timeout,
    watchInterval,
    status,
    statusMaxAge,
    clock,
    fetch,
  };
}

/** Whether used proofs are forgotten when the process ends. */
export function isVolatile(replay: ReplayStore | undefined): boolean {
  return replay?.isVolatile ?? replay === undefined;
}

function checkResponseSigning({ responseSigning, metadata }: VerifierOptions): void {
  if (responseSigning === undefined) return;
  if (typeof responseSigning?.key?.sign !== 'function') throw new TypeError('responseSigning: a key that signs');
  if (metadata === undefined)
    throw new TypeError('responseSigning: with the option metadata, by which clients find the key');
}

function trustedIssuers({ issuer, ...its }: VerifierOptions): readonly TrustedIssuer[] {
  const { jwks, introspection, statusLists } = its;
  const given = Object.entries({ jwks, introspection, statusLists }).filter(([, value]) => value !== undefined);
  if (typeof issuer === 'string') return [{ issuer, ...Object.fromEntries(given) }];
  if (!Array.isArray(issuer)) throw new TypeError('issuer: a non-empty string, or a list of issuers');
  if (given.length > 0) throw new TypeError('jwks, introspection and statusLists: with each issuer of the list');
  return issuer;
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.some((each) => each === value)) throw new TypeError(`${name}: one of ${allowed.join(', ')}`);
}
