import { randomBytes } from 'node:crypto';
import { type Clock, type Confirmation, type JsonObject, type StatusReference, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import type { IssuerConfig } from '../config.ts';
import type { Grants } from '../grants/grants.ts';
import type { Rights } from '../grants/rights.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { Records } from '../records.ts';
import type { StatusLists } from '../status/status-lists.ts';

/** What an access token says: RFC 9068 §2.2, with `cnf` (RFC 9449 §6.1, RFC 8705 §3.1), whatever its form. */
export interface AccessTokenClaims extends JsonObject {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly client_id: string;
  readonly scope?: string;
  readonly cnf: Confirmation;
  readonly authorization_details?: readonly JsonObject[];
  /** RFC 8693 §4.1: who acts for the subject. */
  readonly act?: JsonObject;
  /** Token Status List §6.1: of a JWT. */
  readonly status?: { readonly status_list: StatusReference };
  readonly iat: number;
  readonly exp: number;
  /** Grant and serial: `<grant>.<serial>`, or the grant alone where it is the only token of it. */
  readonly jti: string;
}

/** A token to be made. */
export interface TokenOrder {
  readonly client: Client;
  readonly subject: string;
  readonly rights: Rights;
  readonly confirmation: Confirmation;
  readonly grantId: string;
  /** Whether other tokens come from this grant, too. */
  readonly isOneOfMany: boolean;
  readonly act?: JsonObject | undefined;
  /** NumericDate that it does not outlive. */
  readonly endsAt?: number | undefined;
}

export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresIn: number;
  readonly format: 'jwt' | 'opaque';
}

export interface AccessTokenOptions {
  readonly config: IssuerConfig;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly records: Records;
  readonly grants: Grants;
  readonly statusLists: StatusLists | undefined;
}

/** Makes access tokens: signed JWTs, or opaque ones whose content stays here. */
export function createAccessTokens(options: AccessTokenOptions): (order: TokenOrder) => Promise<IssuedAccessToken> {
  const { config, clock, keys, records, grants, statusLists } = options;
  const formats = new Map(config.resources.map((each) => [each.resource, each.access_token_format]));

  async function mint(order: TokenOrder, claims: AccessTokenClaims): Promise<string> {
    const status = await statusLists?.allocate();
    const noted = status === undefined ? claims : { ...claims, status: { status_list: status } };
    const token = await signJwt(keys.current(), { typ: 'at+jwt' }, noted);
    if (status !== undefined && order.isOneOfMany) await grants.noteToken(order.grantId, status, claims.exp);
    return token;
  }

  async function keep(claims: AccessTokenClaims): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await records.add('token', token, claims, claims.exp);
    return token;
  }

  return async (order) => {
    const { client, rights, endsAt = Number.POSITIVE_INFINITY } = order;
    const iat = seconds(clock);
    const exp = Math.min(iat + config.access_token_lifetime, endsAt);
    const claims = claimsOf(order, config.issuer, { iat, exp });
    const format = client.metadata.access_token_format ?? formats.get(rights.audience) ?? 'jwt';
    const token = await (format === 'jwt' ? mint(order, claims) : keep(claims));
    return { token, expiresIn: exp - iat, format };
  };
}

function claimsOf(order: TokenOrder, issuer: string, times: { iat: number; exp: number }): AccessTokenClaims {
  const { rights, grantId, act } = order;
  // OIDC Core §5.3: the issuer itself is a resource where openid was granted
  const isForIssuer = rights.scope.includes('openid') && rights.audience !== issuer;
  return {
    iss: issuer,
    sub: order.subject,
    aud: isForIssuer ? [rights.audience, issuer] : rights.audience,
    client_id: order.client.clientId,
    ...(rights.scope.length === 0 ? {} : { scope: rights.scope.join(' ') }),
    cnf: order.confirmation,
    ...(rights.details.length === 0 ? {} : { authorization_details: rights.details }),
    ...(act === undefined ? {} : { act }),
    ...times,
    jti: order.isOneOfMany ? `${grantId}.${randomBytes(9).toString('base64url')}` : grantId,
  };
}

/** Its place in a status list, where it has one. */
export function statusOf({ status }: Pick<AccessTokenClaims, 'status'>): StatusReference | undefined {
  return status?.status_list;
}

/** RFC 7519 §4.1.3: one or several. */
export function audiencesOf({ aud }: Pick<AccessTokenClaims, 'aud'>): readonly string[] {
  return typeof aud === 'string' ? [aud] : aud;
}

/** The grant that a token names in its `jti`. */
export function grantOf({ jti }: Pick<AccessTokenClaims, 'jti'>): string {
  return jti.split('.')[0] ?? jti;
}

/** Whether it was given to somebody who acts for the client of its grant, and so can be revoked alone, by its `jti`. */
export function isDelegated({ act }: Pick<AccessTokenClaims, 'act'>): boolean {
  return act !== undefined;
}
