import { hash } from 'node:crypto';
import { type Clock, HoldfastError, type Store, seconds } from '@holdfast/proof';
import { occupySlot } from '../slots.ts';
import { addressBlock } from './address-block.ts';

export interface GuessLimits {
  /** Seconds for which a wrong password counts. Default 900. */
  readonly window?: number;
  /** Wrong passwords for one name from one address block. Default 5. */
  readonly pair?: number;
  /** For one name from anywhere: more than `pair`, or a stranger locks a person out from where he sits. Default 50. */
  readonly account?: number;
  /** For any name from one address block. Default 50. */
  readonly address?: number;
}

export interface LockoutOptions extends GuessLimits {
  readonly store: Store;
  readonly clock: Clock;
}

/** Whose password is tried, and from which machine, as the listener or a trusted proxy says. */
export interface Attempt {
  readonly name: string;
  readonly address: string;
}

/** Bounds how often strangers can guess. */
export interface Lockout {
  /**
   * What `check` finds: undefined for a wrong password. Throws `login_locked`, without asking it, when too many were wrong
   * lately. An attempt of which `check` throws does not count.
   */
  attempt<T>(attempt: Attempt, check: () => Promise<T | undefined>): Promise<T | undefined>;
}

const MOST = 1000;

/**
 * With the store alone, so that limits hold across processes and restarts. Each attempt occupies a slot before the password is
 * looked at: parallel guesses cannot pass the limit. A right one gives its slot back, a wrong one keeps it until `window` has
 * passed.
 *
 * It counts names whether or not they exist. Spellings that differ in case or compatibility forms count as one, since an
 * organisation's login may take them for one.
 */
export function createLockout(options: LockoutOptions): Lockout {
  const { store, clock, window = 900, pair = 5, account = 50, address: perAddress = 50 } = options;
  for (const limit of [window, pair, account, perAddress]) {
    if (!(Number.isSafeInteger(limit) && limit >= 1)) throw new TypeError('limits: whole numbers, one or more');
  }
  if (Math.max(pair, account, perAddress) > MOST) throw new TypeError(`limits: ${MOST} attempts at most`);

  async function occupy(guards: readonly Guard[]): Promise<string[]> {
    const until = seconds(clock) + window;
    const taken: string[] = [];
    try {
      for (const guard of guards) taken.push(await occupyOne(guard, until));
    } catch (thrown) {
      await giveBack(taken);
      throw thrown;
    }
    return taken;
  }

  async function occupyOne({ key, slots }: Guard, until: number): Promise<string> {
    const name = (slot: number) => `guess ${key} ${slot}`;
    const slot = await occupySlot(slots, (each) => store.add(name(each), '', until));
    if (slot === undefined) throw new HoldfastError('login_locked');
    return name(slot);
  }

  async function giveBack(taken: readonly string[]): Promise<void> {
    for (const slot of taken) await store.take(slot);
  }

  return {
    async attempt({ name, address }, check) {
      const [who, where] = [name.normalize('NFKC').trim().toLowerCase(), addressBlock(address)];
      const taken = await occupy([
        { key: keyOf('pair', who, where), slots: pair },
        { key: keyOf('account', who), slots: account },
        { key: keyOf('address', where), slots: perAddress },
      ]);
      let isWrong = false;
      try {
        const found = await check();
        isWrong = found === undefined;
        return found;
      } finally {
        if (!isWrong) await giveBack(taken);
      }
    },
  };
}

interface Guard {
  readonly key: string;
  readonly slots: number;
}

// Hashed: whoever reads the store sees neither names nor addresses
function keyOf(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url');
}
