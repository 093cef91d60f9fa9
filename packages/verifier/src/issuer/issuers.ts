import { type Clock, HoldfastError, type Jwks } from '@holdfast/proof';
import type { Introspect, IntrospectionOptions } from '../introspection/introspection.ts';
import { createIntrospection } from '../introspection/introspection.ts';
import { createStatusLists, type StatusLists } from '../status/status-lists.ts';
import { type StatusPolicy, statusPrefix } from '../status/status-policy.ts';
import { discoveredKeys, givenKeys, type IssuerKeys } from './issuer-keys.ts';

/** An authorization server whose tokens are accepted. */
export interface TrustedIssuer {
  /** Issuer identifier (RFC 8414 §2), compared code point by code point. */
  readonly issuer: string;
  /** Its keys, read once. Left out: fetched by its metadata, kept, and asked for again. */
  readonly jwks?: Jwks;
  /** Given: tokens that are not JWTs are shown to this issuer (RFC 7662). At most one issuer can be asked. */
  readonly introspection?: IntrospectionOptions;
  /** An https URL that the URIs of its status lists begin with. Default: its origin. See the option `status`. */
  readonly statusLists?: string;
}

export interface Issuer {
  readonly issuer: string;
  readonly keys: IssuerKeys;
  /** Undefined: nobody looks at them. */
  readonly statusLists: StatusLists | undefined;
}

/** RFC 8725 §3.8: every issuer with its own keys. */
export interface Issuers {
  /** The issuer that a token claims to come from, or `token_issuer`. */
  named(iss: unknown): Issuer;
  /** Asks the issuer of opaque tokens. Undefined: there is none. */
  readonly introspect: Introspect | undefined;
}

export interface IssuersOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Milliseconds for one document. */
  readonly timeout: number;
  readonly algorithms: ReadonlySet<string>;
  readonly audience: string;
  readonly skew: number;
  readonly status: StatusPolicy;
  readonly statusMaxAge: number;
  /** Called when a status list has changed. */
  readonly onStatusChange: () => void;
}

export function createIssuers(trusted: readonly TrustedIssuer[], options: IssuersOptions): Issuers {
  const { fetch, clock, timeout, algorithms } = options; // and no more: what else it holds is not about introspection
  const byName = new Map<unknown, Issuer>();
  let introspect: Introspect | undefined;
  for (const { issuer, jwks, introspection, statusLists: place } of trusted) {
    if (typeof issuer !== 'string' || issuer === '') throw new TypeError('issuer: a non-empty string');
    if (byName.has(issuer)) throw new TypeError('issuer: each one once');
    const keys = jwks === undefined ? discoveredKeys({ ...options, issuer }) : givenKeys(jwks);
    const prefix = statusPrefix(issuer, place);
    byName.set(issuer, { issuer, keys, statusLists: statusListsOf({ issuer, keys, prefix }, options) });
    if (introspection === undefined) continue;
    // An opaque token does not say whose it is, and one issuer's token is not shown to another
    if (introspect !== undefined) throw new TypeError('introspection: for one issuer at most');
    introspect = createIntrospection({ ...introspection, fetch, clock, timeout, algorithms, issuer, keys });
  }
  if (byName.size === 0) throw new TypeError('issuer: one or more');
  return {
    named(iss) {
      const known = byName.get(iss);
      if (known === undefined) throw new HoldfastError('token_issuer');
      return known;
    },
    introspect,
  };
}

function statusListsOf(
  issuer: { readonly issuer: string; readonly keys: IssuerKeys; readonly prefix: string | undefined },
  { status, statusMaxAge, onStatusChange, ...common }: IssuersOptions,
): StatusLists | undefined {
  if (status === 'off') return undefined;
  const isRequired = status === 'required';
  return createStatusLists({ ...common, ...issuer, isRequired, maxAge: statusMaxAge, onChange: onStatusChange });
}
