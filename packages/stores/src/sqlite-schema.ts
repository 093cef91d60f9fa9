// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import type { DatabaseSync } from 'node:sqlite';
import { refusal } from './sqlite-refusal.ts';

const APPLICATION = 0x484f4c44; // "HOLD", in the file's header

/**
 * What makes version n + 1 of version n. A step that has been published is never changed.
 *
 * The number of entries is kept by triggers: to count a million rows takes longer than to add one.
 */
const STEPS = [
  `CREATE TABLE entry (
     key ANY PRIMARY KEY NOT NULL,
     value ANY NOT NULL,
     expires_at REAL NOT NULL -- the last second at which it is live
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX entry_by_expiry ON entry (expires_at);
   CREATE TABLE state (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     latest REAL NOT NULL, -- the highest second seen: what ended before it may be forgotten
     entries INTEGER NOT NULL
   ) STRICT;
   INSERT INTO state VALUES (1, 0, 0);
   CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN UPDATE state SET entries = entries + 1; END;
   CREATE TRIGGER entry_deleted AFTER DELETE ON entry BEGIN UPDATE state SET entries = entries - 1; END;`,
] as const;

/** Throws for a database of another application, of a newer version or with damage; changes nothing. */
export function checkOurs(database: DatabaseSync): void {
  const application = read(database, 'PRAGMA application_id');
  const objects = read(database, 'SELECT count(*) FROM sqlite_schema');
  const isEmpty = application === 0 && objects === 0 && versionOf(database) === 0;
  if (application !== APPLICATION && !isEmpty) throw refusal('a database of another application');
  if (versionOf(database) > STEPS.length) throw refusal('made by a newer version');
  // Under 0.2 s for a million entries
  if (read(database, 'PRAGMA quick_check(1)') !== 'ok') throw refusal('the database is damaged');
}

/** Brings the schema to the version of this code: in one transaction, and once when several processes begin together. */
export function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  const version = versionOf(database);
  if (version > STEPS.length) throw refusal('made by a newer version');
  for (const step of STEPS.slice(version)) database.exec(step);
  if (version < STEPS.length) {
    database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${STEPS.length}`);
  }
  database.exec('COMMIT');
}

function versionOf(database: DatabaseSync): number {
  const version = Number(read(database, 'PRAGMA user_version'));
  return version < 0 ? Number.POSITIVE_INFINITY : version; // no version of ours
}

function read(database: DatabaseSync, sql: string): unknown {
  return Object.values(database.prepare(sql).get() ?? {})[0];
}
