import { type Clock, HoldfastError } from '@holdfast/proof';
import { publish } from './events.ts';
import type { AccessToken } from './issuer/token-response.ts';

/** What a token is asked for. */
export interface Wanted {
  /** Resource indicator (RFC 8707). */
  readonly resource?: string | undefined;
  /** Space-separated (RFC 6749 §3.3); left out: what the issuer gives by default. */
  readonly scope?: string | undefined;
}

/** One token for each resource and scope. */
export interface TokenMemory {
  /**
   * The current token. One request to the issuer serves any number of callers that wait; a token that is about to expire
   * is renewed while it is still used.
   */
  get(wanted: Wanted): Promise<AccessToken>;
  /** A token that came by the way, with the answer to another question. */
  keep(wanted: Wanted, token: AccessToken): void;
  /** The resource server takes it no more, whatever its lifetime. */
  forget(accessToken: string): void;
  /** Asks for another one next time. */
  drop(wanted: Wanted): void;
  /** What tokens were asked for and are still good. */
  inUse(): readonly Wanted[];
  /** All that may still be good. */
  tokens(): readonly AccessToken[];
}

interface Kept {
  readonly wanted: Wanted;
  readonly token: AccessToken;
  /** Milliseconds: from when it is renewed while it is used, and until when it is used. */
  readonly renewFrom: number;
  readonly useUntil: number;
}

const AHEAD = 30; // seconds before its end that a token is renewed, or half of its life
const MARGIN = 10; // seconds before its end that it is used no more, or a quarter: requests take time, and clocks differ
const PAUSE = 1000; // ms between attempts to renew a token that is still good

/** `request` asks the issuer. `issuer`: for who listens to events. */
export function createTokenMemory(
  request: (wanted: Wanted) => Promise<AccessToken>,
  { clock, issuer }: { readonly clock: Clock; readonly issuer: string },
): TokenMemory {
  const kept = new Map<string, Kept>();
  const underway = new Map<string, Promise<AccessToken>>();
  const pausedUntil = new Map<string, number>();

  function keep(wanted: Wanted, token: AccessToken): void {
    const now = clock();
    const life = Math.max(0, token.expiresAt * 1000 - now);
    const before = (most: number, share: number) => token.expiresAt * 1000 - Math.min(most * 1000, life * share);
    kept.set(nameOf(wanted), { wanted, token, renewFrom: before(AHEAD, 1 / 2), useUntil: before(MARGIN, 1 / 4) });
  }

  function renew(name: string, wanted: Wanted): Promise<AccessToken> {
    const already = underway.get(name);
    if (already !== undefined) return already;
    const renewal = request(wanted)
      .then((token) => {
        keep(wanted, token);
        return token;
      })
      .finally(() => underway.delete(name));
    underway.set(name, renewal);
    return renewal;
  }

  function renewAhead(name: string, wanted: Wanted, now: number): void {
    if (underway.has(name) || now < (pausedUntil.get(name) ?? 0)) return;
    pausedUntil.set(name, now + PAUSE);
    renew(name, wanted).catch((thrown: unknown) => {
      publish({ event: 'token_not_renewed', issuer, code: thrown instanceof HoldfastError ? thrown.code : undefined });
    });
  }

  return {
    async get(wanted) {
      const name = nameOf(wanted);
      const now = clock();
      const known = kept.get(name);
      if (known === undefined || now >= known.useUntil) return await renew(name, wanted);
      if (now >= known.renewFrom) renewAhead(name, wanted, now);
      return known.token;
    },
    keep,
    forget(accessToken) {
      for (const [name, { token }] of kept) if (token.accessToken === accessToken) kept.delete(name);
    },
    drop: (wanted) => {
      kept.delete(nameOf(wanted));
    },
    inUse: () => [...kept.values()].filter(({ useUntil }) => clock() < useUntil).map(({ wanted }) => wanted),
    tokens: () => [...kept.values()].map(({ token }) => token).filter(({ expiresAt }) => clock() < expiresAt * 1000),
  };
}

function nameOf({ resource, scope }: Wanted): string {
  return JSON.stringify([resource, scope]);
}
