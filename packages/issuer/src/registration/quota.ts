import { type Clock, HoldfastError, type Store } from '@holdfast/proof';
import { createJournal } from '../status/journal.ts';

const DAY = 86_400; // seconds
const MOST = 1000; // clients in a day, by one initial access token

/** Throws `too_many_requests` when so many have registered by this initial access token, of which the hash is given. */
export type CountRegistration = (tokenHash: string) => Promise<void>;

/** What registers is kept for good, and no store is without end: whoever holds an initial access token could fill it. */
export function createQuota(store: Pick<Store, 'add' | 'get'>, clock: Clock): CountRegistration {
  return async (tokenHash) => {
    const name = `registrations ${tokenHash}`;
    const day = createJournal({ store, clock, name, bucketSeconds: DAY, retention: 0, most: MOST });
    try {
      await day.append('');
    } catch (thrown) {
      const isOver = thrown instanceof HoldfastError && thrown.code === 'store_full' && thrown.detail === 'journal';
      throw isOver ? new HoldfastError('too_many_requests') : thrown;
    }
  };
}
