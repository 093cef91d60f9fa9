import type { Clock } from '@holdfast/proof';
import type { IssuerKeys } from './issuer-keys.ts';
import type { TokenExpectation, VerifiedToken } from './token.ts';

/** How this resource server shows itself to the issuer when it asks about a token (RFC 7662 §2.1). */
export type Authenticate = (endpoint: string) => Promise<{
  /** Form parameters to be added, such as client_assertion. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}>;

export interface IntrospectionOptions {
  /** Left out: by the issuer's metadata. */
  readonly endpoint?: string;
  readonly authenticate: Authenticate;
  /** The client_id of this resource server at the issuer: the `aud` of signed answers (RFC 9701 §5). */
  readonly clientId: string;
  /** Seconds that an answer is used without asking again, and never past `exp`. Default 30. 0: asked for every request. */
  readonly ttl?: number;
  /** Whether an answer has to be signed (RFC 9701). Default: signed ones are asked for, plain ones accepted. */
  readonly signed?: boolean;
}

/** What the issuer says about an opaque token. One question for all who wait for the answer. */
export type Introspect = (token: string, expected: TokenExpectation) => Promise<VerifiedToken>;

export interface Introspection extends IntrospectionOptions {
  readonly issuer: string;
  readonly keys: IssuerKeys;
  readonly algorithms: ReadonlySet<string>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly timeout: number;
}

export function createIntrospection(_options: Introspection): Introspect {
  throw new TypeError('introspection: not here yet');
}
