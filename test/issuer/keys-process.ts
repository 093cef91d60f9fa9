/**
 * A process that rotates the keys of a file. Arguments: what to do, the path, a number.
 * - `stream`: rotates as fast as it can until it is killed, printing the key that signs after each time
 * - `race`: when it is told to, rotates this many times at one moment of time, and tells all changes
 * - `hold`: keeps the file's lock
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { type KeyChange, rotateKeys } from '@holdfast/issuer';

const [task, path = '', number = '0'] = process.argv.slice(2);
const options = { path, passphrase: 'correct horse battery staple', algorithms: ['ES256'] } as const;

if (task === 'stream') await stream();
else if (task === 'race') await race(Number(number));
else hold();

async function stream(): Promise<never> {
  for (;;) {
    const { changes } = await rotateKeys({ ...options, tokenLifetime: 0, margin: 0 }, { now: true });
    writeSync(1, `${changes.find(({ state }) => state === 'current')?.kid}\n`);
  }
}

async function race(times: number): Promise<void> {
  process.send?.('ready');
  await once(process, 'message');
  const changes: KeyChange[] = [];
  for (let i = 0; i < times; i++) {
    changes.push(...(await rotateKeys({ ...options, clock: () => 1_700_000_000_000 }, { now: true })).changes);
  }
  process.send?.(changes);
  process.disconnect?.();
}

function hold(): void {
  const database = new DatabaseSync(`${path}.lock`);
  database.exec('BEGIN EXCLUSIVE');
  process.send?.('held');
  setInterval(() => database.isOpen, 60_000);
}
