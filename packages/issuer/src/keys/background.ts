import { asRefusal, type Clock, type HoldfastError } from '@holdfast/proof';

export interface BackgroundOptions {
  readonly clock: Clock;
  /** What is followed. When this says something else, there is a new reason to try. */
  readonly sign: () => unknown;
  readonly work: () => Promise<void>;
  readonly onFault: ((fault: HoldfastError) => void) | undefined;
}

/** Work that has to be done again and again while others are served, which it never holds up. */
export interface Background {
  /** Begins it, unless it was begun less than a second ago. */
  begin(): void;
  /** The same at once, or what is under way, to its end. Never rejects. */
  finish(): Promise<void>;
}

const PAUSE = 1000; // ms from one begin to the next
const AFTER_FAULT = 60_000; // ms from a fault to the next attempt, unless there is a new reason

export function createBackground({ clock, sign, work, onFault }: BackgroundOptions): Background {
  let begunAt = Number.NEGATIVE_INFINITY;
  let fault: { readonly at: number; readonly sign: unknown } | undefined;
  let underway: Promise<void> | undefined;

  async function attempt(at: number): Promise<void> {
    let seen: unknown;
    try {
      seen = sign();
      if (fault !== undefined && isWithin(at, fault.at, AFTER_FAULT) && seen === fault.sign) return;
      await work();
      fault = undefined;
    } catch (thrown) {
      fault = { at, sign: seen };
      onFault?.(asRefusal(thrown));
    } finally {
      underway = undefined;
    }
  }

  function finish(): Promise<void> {
    if (underway === undefined) {
      begunAt = clock();
      underway = Promise.resolve(begunAt).then(attempt); // later than this line, which is what `finally` undoes
    }
    return underway;
  }

  return {
    begin() {
      if (underway === undefined && !isWithin(clock(), begunAt, PAUSE)) void finish();
    },
    finish,
  };
}

// A clock that stepped back cannot tell how long ago something was
function isWithin(now: number, since: number, span: number): boolean {
  return now >= since && now - since < span;
}
