import type { Clock, Nonces, ReplayStore } from '@holdfast/proof';
import type { Admission } from './admission.ts';
import type { Interactions } from './authorization/interactions.ts';
import type { PushedRequests } from './authorization/pushed-requests.ts';
import type { Clients, Registry, ResourceServer } from './client/clients.ts';
import type { IssuerConfig } from './config.ts';
import type { Events } from './events.ts';
import type { AuthorizationDetails } from './grants/authorization-details.ts';
import type { Codes } from './grants/codes.ts';
import type { Grants } from './grants/grants.ts';
import type { GrantChecks } from './grants/redemption.ts';
import type { RefreshTokens } from './grants/refresh-tokens.ts';
import type { KeyRing } from './keys/key-ring.ts';
import type { Lockout } from './login/lockout.ts';
import type { ExternalLogin, Login } from './login/login.ts';
import type { Registration } from './registration/registration.ts';
import type { StatusLists } from './status/status-lists.ts';
import type { IssuedAccessToken, TokenOrder } from './tokens/access-tokens.ts';
import type { TokenReader } from './tokens/token-reader.ts';

/** What the endpoints of one issuer share. Made once, by `createIssuer`; each endpoint takes what it needs. */
export interface Parts {
  readonly config: IssuerConfig;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly events: Events;
  /** Path of the stylesheet of the pages. */
  readonly stylesheet: string;

  // Who asks
  readonly clients: Clients;
  readonly resourceServers: Registry<ResourceServer>;
  readonly registration: Registration | undefined;
  readonly admission: Admission;
  readonly algorithms: ReadonlySet<string>;
  readonly nonces: Nonces | undefined;
  readonly replay: ReplayStore;

  // What is remembered
  readonly pushed: PushedRequests;
  readonly interactions: Interactions;
  readonly codes: Codes;
  readonly refreshTokens: RefreshTokens;
  readonly grants: Grants;

  // What is given
  readonly details: AuthorizationDetails;
  readonly checks: GrantChecks;
  readonly issueAccessToken: (order: TokenOrder) => Promise<IssuedAccessToken>;
  readonly tokens: TokenReader;
  readonly statusLists: StatusLists | undefined;

  // Who decides
  readonly login: Login | undefined;
  readonly lockout: Lockout;
  readonly externalLogin: ExternalLogin | undefined;
}
