import { type Clock, seconds } from '@holdfast/proof';
import { publish } from './events.ts';

/** What is known of the clocks of servers, from the Date of responses that refused a time of ours (RFC 9110 §6.6.1). */
export interface ClockSkews {
  /** Our clock, as the clock of this server has it. */
  clockOf(origin: string): Clock;
  /**
   * Learns from a refusal that may be for its time. True when requests to this server have another time from now on, so
   * that it is worth trying again.
   */
  learn(origin: string, response: { readonly headers: Pick<Headers, 'get'> }): boolean;
}

const TOLERANCE = 5; // seconds: Date has whole ones, and the response took some time
const MOST_ORIGINS = 100;

/**
 * Follows a server's clock by `most` seconds at most: a server that could move our clock at will would have us sign proofs
 * that are good in a future of its choice (RFC 9449 §11.2).
 */
export function createClockSkews(clock: Clock, most: number): ClockSkews {
  const offsets = new Map<string, number>();
  return {
    clockOf(origin) {
      const offset = offsets.get(origin);
      return offset === undefined ? clock : () => clock() + offset * 1000;
    },
    learn(origin, { headers }) {
      const date = Date.parse(headers.get('date') ?? '');
      if (Number.isNaN(date)) return false;
      const skew = Math.floor(date / 1000) - seconds(clock);
      const before = offsets.get(origin) ?? 0;
      if (Math.abs(skew - before) <= TOLERANCE) return false;
      const applied = Math.abs(skew) <= most && (offsets.has(origin) || offsets.size < MOST_ORIGINS);
      publish({ event: 'clock_skew', origin, seconds: skew, applied });
      if (applied) offsets.set(origin, skew);
      return applied;
    },
  };
}
