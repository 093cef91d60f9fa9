import { type Clock, seconds } from '@holdfast/proof';
import { publish } from './events.ts';

/** What is known of the clocks of servers, from responses that say what time it is there. */
export interface ClockSkews {
  /** Our clock, as it is. */
  readonly ours: Clock;
  /** Seconds by which a server's clock is followed. */
  readonly most: number;
  /** Our clock, as the clock of this server has it. */
  clockOf(origin: string): Clock;
  /**
   * Learns from the Date (RFC 9110 §6.6.1) of a refusal that may be for its time. True when requests to this server have
   * another time from now on, so that it is worth trying again.
   */
  learn(origin: string, response: { readonly headers: Pick<Headers, 'get'> }): boolean;
  /** The same from a time that the server has signed. */
  learnSigned(origin: string, signed: SignedTime): boolean;
}

/** When a response was signed, by the clock of its server, and when it came, by ours. NumericDates. */
export interface SignedTime {
  readonly created: number;
  readonly arrived: number;
  readonly isRefusal: boolean;
}

const TOLERANCE = 5; // seconds: Date has whole ones, and the response took some time
const MOST_ORIGINS = 100;

/**
 * Follows a server's clock by `most` seconds at most: a server that could move our clock at will would have us sign proofs
 * that are good in a future of its choice (RFC 9449 §11.2).
 */
export function createClockSkews(clock: Clock, most: number): ClockSkews {
  if (!(most >= 0)) throw new TypeError('maxSkew: seconds, 0 or more');
  const offsets = new Map<string, number>();

  function follow(origin: string, skew: number): boolean {
    const before = offsets.get(origin) ?? 0;
    if (Math.abs(skew - before) <= TOLERANCE) return false;
    const applied = Math.abs(skew) <= most && (offsets.has(origin) || offsets.size < MOST_ORIGINS);
    publish({ event: 'clock_skew', origin, seconds: skew, applied });
    if (applied) offsets.set(origin, skew);
    return applied;
  }

  return {
    ours: clock,
    most,
    clockOf(origin) {
      const offset = offsets.get(origin);
      return offset === undefined ? clock : () => clock() + offset * 1000;
    },
    learn(origin, { headers }) {
      const date = Date.parse(headers.get('date') ?? '');
      return !Number.isNaN(date) && follow(origin, Math.floor(date / 1000) - seconds(clock));
    },
    learnSigned(origin, { created, arrived, isRefusal }) {
      const skew = created - arrived;
      // An answer may take long on its way, but none comes early. A refusal is made at once
      return (isRefusal || skew > (offsets.get(origin) ?? 0)) && follow(origin, skew);
    },
  };
}
