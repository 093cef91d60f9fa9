import { randomInt } from 'node:crypto';
import { asRefusal, type Clock, type HoldfastError, seconds } from '@holdfast/proof';
import { type Access, tokenOf } from './access.ts';
import type { Tokens } from './token/tokens.ts';

export interface WatchesOptions {
  readonly tokens: Tokens;
  /** Whether it is known to be revoked, without asking anybody. */
  readonly isRevoked: (access: Access) => boolean;
  readonly clock: Clock;
  /** Milliseconds between two looks at a token, at most. */
  readonly interval: number;
}

/** The connections that outlive the request that opened them. */
export interface Watches {
  watch(access: Access, onEnd: (refusal: HoldfastError) => void): () => void;
  /** Looks now at the tokens that are revoked. */
  lookAtRevoked(): void;
}

const LONGEST = 2_147_483_647; // ms that a timer can wait

export function createWatches({ tokens, isRevoked, clock, interval }: WatchesOptions): Watches {
  const looks = new Map<() => void, Access>();
  const longest = Math.min(interval, LONGEST);

  function watch(access: Access, onEnd: (refusal: HoldfastError) => void): () => void {
    const compact = tokenOf(access);
    if (compact === undefined) throw new TypeError('access: one that this verifier gave');
    let timer: NodeJS.Timeout | undefined;
    let isInDoubt = false; // the last look could not tell

    function stop(): void {
      looks.delete(start);
      clearTimeout(timer);
    }

    async function look(token: string): Promise<void> {
      try {
        await tokens.verified(token, seconds(clock));
        isInDoubt = false;
        if (looks.has(start)) schedule();
      } catch (thrown) {
        if (looks.has(start)) doubt(asRefusal(thrown));
      }
    }

    /** An issuer that is restarted does not end every connection at once: it may fail to answer once, not twice. */
    function doubt(refusal: HoldfastError): void {
      const mayRecover = refusal.status >= 500 && !isInDoubt;
      isInDoubt = true;
      if (mayRecover) schedule();
      else {
        stop();
        onEnd(refusal);
      }
    }

    function start(): void {
      clearTimeout(timer);
      void look(compact ?? '');
    }

    /** At the latest when the token ends. */
    function schedule(): void {
      clearTimeout(timer);
      // Connections that began together do not ask the issuer together
      const pause = longest - randomInt(Math.floor(longest / 2) + 1);
      timer = setTimeout(start, Math.max(0, Math.min(pause, untilEnd()))).unref();
    }

    /** Milliseconds; none where the clock gives no time, which the look that follows will say. */
    function untilEnd(): number {
      try {
        return Math.ceil(access.expiresAt) * 1000 - clock(); // it is judged by whole seconds
      } catch {
        return 0;
      }
    }

    looks.set(start, access);
    if (isRevoked(access))
      start(); // since it was granted
    else schedule();
    return stop;
  }

  return {
    watch,
    lookAtRevoked() {
      for (const [look, access] of looks) if (isRevoked(access)) look();
    },
  };
}
