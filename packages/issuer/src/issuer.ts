import { seconds } from '@holdfast/proof';
import { assemble } from './assemble.ts';
import { type Authorization, createAuthorization } from './authorization/authorize.ts';
import { createPushEndpoint } from './authorization/push.ts';
import { type IssuerConfig, LONGEST_GRANT } from './config.ts';
import { endpoint } from './endpoint.ts';
import type { IssuerRequest } from './form.ts';
import { isGrantId } from './grants/grant.ts';
import { issuerMetadata, PATHS } from './metadata.ts';
import { type IssuerOptions, readOptions } from './options.ts';
import type { Registration } from './registration/registration.ts';
import { publicDocument, type Reply } from './reply.ts';
import type { StatusLists } from './status/status-lists.ts';
import { createIntrospectionEndpoint } from './tokens/introspect.ts';
import { createRevocationEndpoint } from './tokens/revoke.ts';
import { createTokenEndpoint } from './tokens/token.ts';
import { createUserinfoEndpoint } from './tokens/userinfo.ts';

type Endpoint = (request: IssuerRequest) => Promise<Reply>;

/**
 * The endpoints of an authorization server, as functions from a plain request to a plain reply. They never throw, but for
 * `statusLists`; nor do the pages of `authorization`.
 */
export interface Issuer {
  readonly config: IssuerConfig;
  /** RFC 8414 §3, and OIDC Discovery §4. */
  metadata(): Reply;
  /** RFC 7517 §5. */
  jwks(): Reply;
  /** RFC 6749 §3.2. */
  readonly token: Endpoint;
  /** RFC 9126 §2. */
  readonly push: Endpoint;
  /** RFC 6749 §3.1: for browsers. */
  readonly authorization: Authorization;
  /** RFC 7662 §2, RFC 9701. */
  readonly introspect: Endpoint;
  /** RFC 7009 §2. */
  readonly revoke: Endpoint;
  /**
   * For operators: ends a grant, named as events and the first part of each `jti` name it, with every token that came from it.
   * A JWT that a client got for itself is told to introspection alone; its place in a status list only itself knows. Throws
   * TypeError for what names no grant, and what the store or `audit` throws. NOT checked: that there was one.
   */
  revokeGrant(id: string): Promise<void>;
  /** OIDC Core §5.3. */
  readonly userinfo: Endpoint;
  /** RFC 7591 and RFC 7592; undefined when they are not offered. */
  readonly registration: Pick<Registration, 'register' | 'manage'> | undefined;
  /** Token Status List §8; undefined when it is not offered. Throws where it cannot be told what is revoked. */
  readonly statusLists: Pick<StatusLists, 'list'> | undefined;
}

/** An authorization server that gives no token that is not bound to its sender. Throws `ConfigurationError`. */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const { config } = options;
  const parts = assemble(readOptions(options));
  const { keys, nonces, events, registration, statusLists } = parts;
  const post = (path: string, line: Endpoint) => endpoint({ path, methods: ['POST'], nonces, events }, line);
  const endpoints: Omit<Issuer, 'config'> = {
    metadata: () => publicDocument(issuerMetadata(config, keys)),
    jwks: () => publicDocument(keys.jwks()),
    token: post(PATHS.token, createTokenEndpoint(parts)),
    push: post(PATHS.push, createPushEndpoint(parts)),
    authorization: createAuthorization(parts),
    introspect: post(PATHS.introspect, createIntrospectionEndpoint(parts)),
    async revokeGrant(id) {
      if (!isGrantId(id)) throw new TypeError('grant: not the id of a grant');
      await parts.grants.revoke({ id, endsAt: seconds(parts.clock) + LONGEST_GRANT }, 'operator');
    },
    revoke: post(PATHS.revoke, createRevocationEndpoint(parts)),
    userinfo: endpoint(
      { path: PATHS.userinfo, methods: ['GET', 'POST'], nonces, events },
      createUserinfoEndpoint(parts),
    ),
    registration,
    statusLists,
  };
  // Not enumerable: it holds the signing keys, which nobody who prints or serialises an issuer wants to see
  return Object.defineProperty(endpoints, 'config', { value: config }) as Issuer;
}
