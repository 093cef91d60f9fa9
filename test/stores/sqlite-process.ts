/**
 * A process with a store of its own on a file. Arguments: what to do, the path, a number.
 * - `stream`: adds one key after the other, printing each that was added, until it is killed or refused
 * - `race`: when it is told to, adds the keys 0 … n−1 again and again, 250 adds, and tells how often it got each
 * - `hold`: keeps the file's write lock
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '@holdfast/proof';
import { sqliteStore } from '@holdfast/stores/sqlite';

const [task, path = '', number = '0'] = process.argv.slice(2);
const until = Math.floor(Date.now() / 1000) + 600;

if (task === 'stream') stream();
else if (task === 'race') await race(Number(number));
else hold();

function stream(): void {
  const store = sqliteStore({ path });
  for (let i = 0; ; i += 1) {
    const key = `${number} ${i}`;
    try {
      if (store.add(key, `value of ${key}`, until)) writeSync(1, `${key}\n`);
    } catch (error) {
      writeSync(1, `refused: ${error instanceof HoldfastError ? error.code : 'not a refusal'}\n`);
      return;
    }
  }
}

async function race(keys: number): Promise<void> {
  const store = sqliteStore({ path, timeout: 30_000 });
  process.send?.('ready');
  await once(process, 'message');
  const answers = Array.from({ length: 250 }, (_, i) => [`key ${i % keys}`, store.add(`key ${i % keys}`, '', until)]);
  process.send?.(answers);
  store.close();
  process.disconnect?.();
}

function hold(): void {
  const database = new DatabaseSync(path);
  database.exec('BEGIN IMMEDIATE');
  process.send?.('ready');
  setInterval(() => database.isOpen, 60_000); // what nobody refers to is collected, and closed
}
