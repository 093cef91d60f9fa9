import { type Confirmation, HoldfastError, type JsonObject } from '@holdfast/proof';
import { coversDetails, type RequiredDetail } from './authorization-details.ts';
import type { Evidence, SignaturePolicy, SignedContent } from './signature/message-signatures.ts';
import type { TokenStatus, VerifiedToken } from './token/token.ts';

/** What a request needs beyond a token that is good and the sender's own. */
export interface Requirement {
  /** Scopes that the token must have, all of them. */
  readonly scope?: readonly string[];
  /** Rights that its authorization_details must give, all of them. */
  readonly authorizationDetails?: readonly RequiredDetail[];
  /**
   * The sender has to sign the message, with its body (FAPI 2.0 HTTP Signatures). `evidence`: it also has to sign it in a way
   * that can be verified without its access token, for a record of what was asked. `optional`: where a request is signed, that
   * is verified, and its answer is signed.
   */
  readonly signature?: SignaturePolicy;
}

/** Who may do what, once every check has passed. */
export interface Access {
  readonly issuer: string;
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  /** RFC 9396: what the token allows in detail. The handler applies what is particular to a type. */
  readonly authorizationDetails: readonly JsonObject[];
  /** How the sender proved to be the rightful one. */
  readonly confirmation: Confirmation;
  /** NumericDate at which the token ends. */
  readonly expiresAt: number;
  /** All claims of the token. */
  readonly claims: JsonObject;
  /** What was asked, as its sender signed it: where `signature: 'evidence'` was needed. The body has its digest in it. */
  readonly evidence?: Evidence | undefined;
  /** To be set on the response: the next DPoP-Nonce, when there is a new one (RFC 9449 §8.2). */
  readonly headers: Readonly<Record<string, string>>;
}

/** RFC 6750 §3.1: every scope that the request needs; the refusal names them. */
export function checkScope(token: VerifiedToken, { scope = [] }: Requirement): void {
  if (!scope.every((value) => token.scope.includes(value))) {
    throw new HoldfastError('scope_insufficient', { detail: scope.join(' ') });
  }
}

/** RFC 9396 §9: every right that the request needs; the refusal names their types. */
export function checkAuthorizationDetails(token: VerifiedToken, { authorizationDetails = [] }: Requirement): void {
  if (!coversDetails(token.authorizationDetails, authorizationDetails)) {
    const detail = authorizationDetails.map(({ type }) => type).join(' ');
    throw new HoldfastError('authorization_details_insufficient', { detail });
  }
}

/** An access that remembers which token it came from, where no handler and no log looks. */
class GrantedAccess implements Access {
  readonly issuer: string;
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  readonly authorizationDetails: readonly JsonObject[];
  readonly confirmation: Confirmation;
  readonly expiresAt: number;
  readonly claims: JsonObject;
  readonly evidence: Evidence | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly #compact: string;
  readonly #status: TokenStatus | undefined;
  readonly #signed: SignedContent | undefined;

  constructor(
    token: VerifiedToken,
    compact: string,
    signed: SignedContent | undefined,
    headers: Readonly<Record<string, string>>,
  ) {
    this.issuer = token.issuer;
    this.clientId = token.clientId;
    this.subject = token.subject;
    this.scope = token.scope;
    this.authorizationDetails = token.authorizationDetails;
    this.confirmation = token.confirmation;
    this.expiresAt = token.expiresAt;
    this.claims = token.claims;
    this.evidence = signed?.evidence;
    this.headers = headers;
    this.#compact = compact;
    this.#status = token.status;
    this.#signed = signed;
  }

  static tokenOf(access: Access): string | undefined {
    return #compact in access ? access.#compact : undefined;
  }

  static statusOf(access: Access): TokenStatus | undefined {
    return #status in access ? access.#status : undefined;
  }

  static signedOf(access: Access): SignedContent | undefined {
    return #signed in access ? access.#signed : undefined;
  }
}

export interface Granted {
  /** The access token. */
  readonly compact: string;
  /** The next DPoP-Nonce, when there is a new one. */
  readonly nonce: string | undefined;
  readonly signed: SignedContent | undefined;
}

export function grantAccess(token: VerifiedToken, { compact, nonce, signed }: Granted): Access {
  const headers: Record<string, string> =
    nonce === undefined ? {} : { 'DPoP-Nonce': nonce, 'Cache-Control': 'no-store' };
  return new GrantedAccess(token, compact, signed, headers);
}

/** What the sender of a request has signed; undefined where no signature was needed, and for an access that was made up. */
export function signedOf(access: Access): SignedContent | undefined {
  return GrantedAccess.signedOf(access);
}

/** The token of an access that `grantAccess` gave; undefined for one that was made up. */
export function tokenOf(access: Access): string | undefined {
  return GrantedAccess.tokenOf(access);
}

/** Where the status of its token is to be looked up. */
export function statusOf(access: Access): TokenStatus | undefined {
  return GrantedAccess.statusOf(access);
}
