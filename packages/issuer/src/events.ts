import { channel } from 'node:diagnostics_channel';
import { type Clock, type Code, HoldfastError, withinTime } from '@holdfast/proof';

/** The name of the `node:diagnostics_channel` on which everything is published that an issuer did or refused. */
export const EVENTS = 'holdfast:issuer:event';

const events = channel(EVENTS);

/** Who and what an event is about. `grant` is the id of a grant, which opens nothing. */
interface Parties {
  readonly clientId?: string | undefined;
  readonly subject?: string | undefined;
  readonly grant?: string | undefined;
}

/** What a grant or a token allows, and to whom it is bound (RFC 7638 and RFC 8705 thumbprints). */
interface Extent {
  readonly scope?: readonly string[] | undefined;
  /** `type` of each authorization_details element. */
  readonly details?: readonly string[] | undefined;
  readonly audience?: string | undefined;
  readonly jkt?: string | undefined;
  readonly x5t?: string | undefined;
}

/** Nothing in it is a token, a code, an assertion, a password, a cookie or free text of a sender. */
type Happening =
  | ({ readonly event: 'token.issued'; readonly clientId: string } & IssuedToken & Extent)
  | { readonly event: 'request.pushed'; readonly clientId: string }
  | { readonly event: 'login.succeeded'; readonly subject: string }
  /** Without the name that was typed: people type their password into that field. */
  | { readonly event: 'login.refused'; readonly code: Code }
  | ({ readonly event: 'authorization.granted'; readonly clientId: string; readonly subject: string } & Extent)
  | { readonly event: 'authorization.denied'; readonly clientId: string; readonly code: Code }
  | { readonly event: 'grant.revoked'; readonly grant: string; readonly reason: RevocationReason }
  | { readonly event: 'client.registered' | 'client.updated' | 'client.deleted'; readonly clientId: string }
  | { readonly event: 'key.changed'; readonly kid: string; readonly state: KeyState }
  /** `endpoint`: its path below the issuer, as in `/token`. */
  | { readonly event: 'request.refused'; readonly endpoint: string; readonly code: Code };

interface IssuedToken {
  /** The `grant_type` of the request, one of those that are offered. */
  readonly grantType: string;
  readonly format?: 'jwt' | 'opaque' | undefined;
  /** Whether a refresh token was given with it. */
  readonly refreshable?: boolean | undefined;
}

/** By the client (RFC 7009), because its code came again (RFC 6749 §4.1.2), or a refresh token long after it was replaced. */
export type RevocationReason = 'requested' | 'code_used' | 'refresh_used' | 'operator';

/** `gone`: no longer published. */
export type KeyState = 'next' | 'current' | 'retiring' | 'gone';

/** One event before its time is known. */
export type Occurrence = Happening & Parties;

/** One event. `at` is milliseconds since the epoch. */
export type IssuerEvent = Occurrence & { readonly at: number };

/** Records an event; what it throws, or rejects with, is why the request is refused. */
export type Audit = (event: IssuerEvent) => void | Promise<void>;

export interface Events {
  /**
   * Records the event where there is an `audit`, and publishes it to those who listen. To be awaited before the answer
   * leaves: throws or rejects with `audit_unavailable` when it cannot be recorded. Does nothing, and returns nothing, when
   * nobody wants to know.
   */
  tell(occurrence: Occurrence): void | Promise<void>;
}

export interface EventsOptions {
  readonly clock: Clock;
  /** Gets what has effect. Refusals and pushed requests change nothing and strangers can cause them: they are not for it. */
  readonly audit?: Audit | undefined;
  /** Milliseconds to wait for `audit`. Default 5000. */
  readonly timeout?: number | undefined;
}

const UNRECORDED: ReadonlySet<IssuerEvent['event']> = new Set(['request.refused', 'request.pushed']);

export function createEvents({ clock, audit, timeout = 5000 }: EventsOptions): Events {
  async function record(event: IssuerEvent, recorder: Audit): Promise<void> {
    try {
      const recorded = recorder(event);
      if (recorded !== undefined) await withinTime(recorded, timeout);
    } catch (cause) {
      throw new HoldfastError('audit_unavailable', { cause });
    }
    events.publish(event);
  }

  return {
    tell(occurrence) {
      const recorder = UNRECORDED.has(occurrence.event) ? undefined : audit;
      if (recorder === undefined && !events.hasSubscribers) return undefined;
      const event: IssuerEvent = { ...occurrence, at: clock() };
      return recorder === undefined ? events.publish(event) : record(event, recorder);
    },
  };
}
