import { type CheckedProof, type Confirmation, HoldfastError, type JsonObject } from '@holdfast/proof';
import type { VerifiedToken } from './token.ts';

/** Who may do what, once every check has passed. */
export interface Access {
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  /** How the sender proved to be the rightful one. */
  readonly confirmation: Confirmation;
  /** NumericDate at which the token ends. */
  readonly expiresAt: number;
  /** All claims of the token. */
  readonly claims: JsonObject;
  /** To be set on the response: the next DPoP-Nonce, when there is a new one (RFC 9449 §8.2). */
  readonly headers: Readonly<Record<string, string>>;
}

/** RFC 6750 §3.1: every scope that the request needs; the challenge names them. */
export function checkScope(token: VerifiedToken, needed: readonly string[]): void {
  if (!needed.every((scope) => token.scope.includes(scope))) {
    throw new HoldfastError('scope_insufficient', { detail: needed.join(' ') });
  }
}

export function grantAccess(token: VerifiedToken, proof: CheckedProof | undefined, nonce: string | undefined): Access {
  const { clientId, subject, scope, confirmation, expiresAt, claims } = token;
  const isNew = proof !== undefined && nonce !== undefined && proof.nonce !== nonce;
  const headers: Record<string, string> = isNew ? { 'DPoP-Nonce': nonce, 'Cache-Control': 'no-store' } : {};
  return { clientId, subject, scope, confirmation, expiresAt, claims, headers };
}
