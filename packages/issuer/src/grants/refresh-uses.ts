import type { Records } from '../records.ts';

/** When refresh tokens were used, as far as it was noted: RFC 9700 §4.14, one that nobody uses ends. Times: NumericDate. */
export interface RefreshUses {
  /** Whether a token has not been used for longer than it may be. */
  isIdle(token: string, issuedAt: number, now: number): Promise<boolean>;
  /** Notes a use, once in a while. `until`: the last second at which anybody asks. */
  note(token: string, now: number, until: number): Promise<void>;
}

const STEPS = 4; // a use is noted once in a quarter of the time after which an unused token ends

/** `idle`: seconds after which a token that nobody uses ends, as configured now. Whatever it was before, the notes say the same. */
export function createRefreshUses(records: Records, idle: number): RefreshUses {
  const step = Math.ceil(idle / STEPS);

  /** Two notes that take turns. */
  async function notes(token: string): Promise<[number, number]> {
    const [one, other] = [
      await records.get<number>('active', `${token} 0`),
      await records.get<number>('active', `${token} 1`),
    ];
    return [one ?? Number.NEGATIVE_INFINITY, other ?? Number.NEGATIVE_INFINITY];
  }

  return {
    async isIdle(token, issuedAt, now) {
      if (now <= issuedAt + idle) return false;
      // It may have been used until the next note was due
      return now >= Math.max(...(await notes(token))) + step + idle;
    },
    async note(token, now, until) {
      const [one, other] = await notes(token);
      if (now < Math.max(one, other) + step) return;
      // The older one: whoever is interrupted in between leaves the other
      const note = `${token} ${one <= other ? 0 : 1}`;
      await records.take('active', note);
      await records.add('active', note, now, until);
    },
  };
}
