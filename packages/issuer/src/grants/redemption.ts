import type { Confirmation, JsonObject } from '@holdfast/proof';
import type { GrantType } from '../client/client-metadata.ts';
import type { Client } from '../client/clients.ts';
import type { Parameters } from '../form.ts';
import type { Sender } from '../sender.ts';
import type { Rights } from './rights.ts';

/** A token request whose client and sender are known. */
export interface TokenRequest {
  readonly form: Parameters;
  readonly client: Client;
  readonly sender: Sender;
  /** What the token will be bound to. */
  readonly confirmation: Confirmation;
  readonly now: number;
}

/** What a grant is good for. Checked, and nothing used up yet. */
export interface Redemption {
  readonly subject: string;
  readonly rights: Rights;
  readonly grantId: string;
  /** Whether other tokens come from the same grant. */
  readonly isOneOfMany: boolean;
  readonly act?: JsonObject;
  /** NumericDate that the token does not outlive. */
  readonly endsAt?: number;
  /** Uses the grant up, or throws. Called last, when the request has passed every other check. */
  complete?(): Promise<Companions>;
}

/** What goes with the access token. */
export interface Companions {
  readonly refresh_token?: string | undefined;
  readonly id_token?: string | undefined;
  readonly issued_token_type?: string;
}

/** Checks one kind of grant: RFC 6749 §4. Throws for one that gives nothing. */
export type CheckGrant = (request: TokenRequest) => Redemption | Promise<Redemption>;

export type GrantChecks = Readonly<Record<GrantType, CheckGrant>>;
