// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import type { DatabaseSync } from 'node:sqlite';

/** A text as the file holds it. */
export type Stored = string | Uint8Array;

export interface Entry {
  readonly key: Stored;
  readonly value: Stored;
  readonly expiresAt: number;
}

export type Outcome = 'added' | 'live' | 'past' | 'full';

// Expired rows that an add forgets at most: more than it adds, so that they get fewer, and never a long pause
const BATCH = 16;

/** The verbs, each to be called within a transaction. Time is the file's: the latest second of all processes. */
export function prepareVerbs(database: DatabaseSync, maxEntries: number) {
  const prepare = (sql: string) => database.prepare(sql);
  const advance = prepare('UPDATE state SET latest = :now WHERE latest < :now');
  const sweep = prepare(`
    DELETE FROM entry WHERE key IN (
      SELECT key FROM entry WHERE expires_at < (SELECT latest FROM state) ORDER BY expires_at LIMIT ${BATCH})`);
  const insert = prepare(`
    INSERT INTO entry (key, value, expires_at)
    SELECT :key, :value, :expiresAt FROM state WHERE :expiresAt >= latest AND entries < :maxEntries
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
    WHERE entry.expires_at < (SELECT latest FROM state)`);
  const explain = prepare(`
    SELECT CASE
      WHEN EXISTS (SELECT 1 FROM entry WHERE key = :key AND expires_at >= latest) THEN 'live'
      WHEN :expiresAt >= latest THEN 'full'
      ELSE 'past' END AS outcome
    FROM state`);
  const isLive = 'key = :key AND expires_at >= max(:now, (SELECT latest FROM state))';
  const get = prepare(`SELECT value FROM entry WHERE ${isLive}`);
  const take = prepare(`DELETE FROM entry WHERE ${isLive} RETURNING value`);

  return {
    add(entry: Entry, now: number): Outcome {
      advance.run({ now });
      sweep.run();
      const { changes } = insert.run({ ...entry, maxEntries });
      if (Number(changes) === 1) return 'added';
      return explain.get({ key: entry.key, expiresAt: entry.expiresAt })?.['outcome'] as Outcome;
    },
    get: (key: Stored, now: number) => given(get.get({ key, now })),
    take: (key: Stored, now: number) => given(take.get({ key, now })),
  };
}

/**
 * As TEXT where UTF-8 without zeros says it; otherwise its UTF-16 as BLOB, which equals no TEXT. Two texts that differ in
 * half a surrogate pair would be one in UTF-8.
 */
export function stored(text: string): Stored {
  if (typeof text !== 'string') throw new TypeError('key and value: strings');
  return text.isWellFormed() && !text.includes('\0') ? text : Buffer.from(text, 'utf16le');
}

function given(row: Record<string, unknown> | undefined): string | undefined {
  const value = row?.['value'];
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf16le');
  return value === undefined ? undefined : String(value);
}
