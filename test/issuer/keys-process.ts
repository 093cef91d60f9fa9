/**
 * A process that rotates the keys of a file. Arguments: what to do, and the path.
 * - `stream`: rotates as fast as it can until it is killed, printing the key that signs after each time
 * - `race`: whenever it is told a path, rotates this file as often as it is told, at one moment of time, and tells all changes
 * - `hold`: keeps the file's lock
 */
import { writeSync } from 'node:fs';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { type KeyChange, rotateKeys } from '@holdfast/issuer';

/** One file, and how often to rotate it. */
export interface Lap {
  readonly path: string;
  readonly times: number;
}

const [task, path = ''] = process.argv.slice(2);
const options = { passphrase: 'correct horse battery staple', algorithms: ['ES256'] } as const;

if (task === 'stream') await stream();
else if (task === 'race') race();
else hold();

async function stream(): Promise<never> {
  let now = Date.now();
  const clock = () => (now += 1000); // so that a retired key is gone at the next rotation, and there is room for a new one
  for (;;) {
    const { changes } = await rotateKeys({ ...options, path, tokenLifetime: 0, margin: 0, clock }, { now: true });
    writeSync(1, `${changes.find(({ state }) => state === 'current')?.kid}\n`);
  }
}

function race(): void {
  process.on('message', async (lap: Lap) => {
    const file = { ...options, path: lap.path, clock: () => 1_700_000_000_000 };
    const changes: KeyChange[] = [];
    for (let i = 0; i < lap.times; i++) changes.push(...(await rotateKeys(file, { now: true })).changes);
    process.send?.(changes);
  });
  process.send?.('ready');
}

function hold(): void {
  const database = new DatabaseSync(`${path}.lock`);
  database.exec('BEGIN EXCLUSIVE');
  process.send?.('held');
  setInterval(() => database.isOpen, 60_000);
}
