import { asRefusal, type Clock, type HoldfastError, seconds } from '@holdfast/proof';
import { type Access, tokenOf } from './access.ts';
import type { Tokens } from './tokens.ts';

export interface WatchesOptions {
  readonly tokens: Tokens;
  readonly clock: Clock;
  /** Milliseconds between two looks at a token. */
  readonly interval: number;
}

/** The connections that outlive the request that opened them. */
export interface Watches {
  watch(access: Access, onEnd: (refusal: HoldfastError) => void): () => void;
  /** Looks now at the tokens that are concerned. */
  lookAt(isConcerned: (access: Access) => boolean): void;
}

const LONGEST = 2_147_483_647; // ms that a timer can wait

export function createWatches({ tokens, clock, interval }: WatchesOptions): Watches {
  const looks = new Map<() => void, Access>();

  function watch(access: Access, onEnd: (refusal: HoldfastError) => void): () => void {
    const compact = tokenOf(access);
    if (compact === undefined) throw new TypeError('access: one that this verifier gave');
    let timer: NodeJS.Timeout | undefined;

    function stop(): void {
      looks.delete(start);
      clearTimeout(timer);
    }

    async function look(token: string): Promise<void> {
      try {
        await tokens.verified(token, seconds(clock));
        if (looks.has(start)) schedule();
      } catch (thrown) {
        if (!looks.has(start)) return;
        stop();
        onEnd(asRefusal(thrown));
      }
    }

    function start(): void {
      clearTimeout(timer);
      void look(compact ?? '');
    }

    /** At the latest when the token ends. */
    function schedule(): void {
      clearTimeout(timer);
      const end = Math.ceil(access.expiresAt) * 1000; // it is judged by whole seconds
      timer = setTimeout(start, Math.max(0, Math.min(interval, end - clock(), LONGEST))).unref();
    }

    looks.set(start, access);
    start(); // it may have ended since it was granted
    return stop;
  }

  return {
    watch,
    lookAt(isConcerned) {
      for (const [look, access] of looks) if (isConcerned(access)) look();
    },
  };
}
