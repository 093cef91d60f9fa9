/**
 * A process that guesses. Arguments: the path of a store. When it is told to, tries 40 wrong passwords at once for one name
 * from one address, and tells how many were looked at.
 */
import { once } from 'node:events';
import { sqliteStore } from '@holdfast/stores/sqlite';
import { createLockout } from '../../packages/issuer/src/login/lockout.ts';

const store = sqliteStore({ path: process.argv[2] ?? '', timeout: 30_000 });
const lockout = createLockout({ store, clock: Date.now });
process.send?.('ready');
await once(process, 'message');
let looked = 0;
const guess = () =>
  lockout.attempt({ name: 'ada', address: '192.0.2.1' }, async () => {
    looked += 1;
    return undefined;
  });
await Promise.allSettled(Array.from({ length: 40 }, guess));
process.send?.(looked);
store.close();
process.disconnect?.();
