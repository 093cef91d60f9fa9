import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { KeyFileOptions } from '@holdfast/issuer';
import { FAPI_ALGORITHMS, isJsonObject, type JsonObject } from '@holdfast/proof';
import { CommandError } from './command-error.ts';

export interface KeysConfig extends KeyFileOptions {
  /** The path as it was written down, to be told. */
  readonly file: string;
  /** Seconds after which a key that signs is replaced. */
  readonly every?: number;
}

const FIELDS = ['file', 'passphrase_file', 'passphrase_env', 'rotate_every', 'algorithms'];
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const SHORTEST = 3600; // s; below it verifiers would do little else than ask for keys

/**
 * The field `keys` of an issuer's configuration: `file`, one of `passphrase_file` and `passphrase_env`, `rotate_every` as
 * seconds or as in `30d`, and `algorithms`. Paths are relative to `folder`. What it complains of it names; it quotes nothing,
 * because somebody may have put the passphrase where its place should be.
 */
export async function readKeysConfig(value: unknown, folder: string): Promise<KeysConfig> {
  if (!isJsonObject(value)) throw new CommandError('keys: is missing');
  const unknown = Object.keys(value).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new CommandError('keys: holds a field that is not known');
  const { file, rotate_every: every, algorithms = ['ES256'] } = value;
  if (typeof file !== 'string' || file === '') throw new CommandError('keys.file: must be the path of a file');
  return {
    file,
    path: resolve(folder, file),
    passphrase: await readPassphrase(value, folder),
    algorithms: readAlgorithms(algorithms),
    ...(every === undefined ? {} : { every: readSpan(every) }),
  };
}

async function readPassphrase(fields: JsonObject, folder: string): Promise<string> {
  const { passphrase_file: file, passphrase_env: variable } = fields;
  if ((file === undefined) === (variable === undefined)) {
    throw new CommandError('keys: one of passphrase_file and passphrase_env is needed');
  }
  if (file !== undefined) return readPassphraseFile(file, folder);
  const passphrase = typeof variable === 'string' ? process.env[variable] : undefined;
  if (typeof variable !== 'string' || passphrase === undefined) {
    throw new CommandError('keys.passphrase_env: must be the name of a variable that is set');
  }
  delete process.env[variable]; // a diagnostic report of Node would list it
  return passphrase;
}

async function readPassphraseFile(file: unknown, folder: string): Promise<string> {
  if (typeof file !== 'string' || file === '')
    throw new CommandError('keys.passphrase_file: must be the path of a file');
  const path = resolve(folder, file);
  const isOpen = process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0;
  if (isOpen) throw new CommandError('keys.passphrase_file: the file is open to other users');
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}

function readAlgorithms(value: unknown): KeysConfig['algorithms'] {
  const known = FAPI_ALGORITHMS.filter((alg) => Array.isArray(value) && value.includes(alg));
  const isSound = Array.isArray(value) && known.length === value.length && known.length > 0;
  if (!isSound || (known.includes('EdDSA') && known.includes('Ed25519'))) {
    throw new CommandError(
      'keys.algorithms: must be some of ES256, PS256, and Ed25519 or EdDSA, the first one by default',
    );
  }
  return value as typeof known;
}

function readSpan(value: unknown): number {
  const [, number, unit = 's'] = /^(\d{1,10})([smhd]?)$/.exec(String(value)) ?? [];
  const seconds = Number(number) * (SECONDS[unit || 's'] ?? Number.NaN);
  if (!(seconds >= SHORTEST)) {
    throw new CommandError('keys.rotate_every: must be seconds, or as in 12h or 30d, and an hour or more');
  }
  return seconds;
}
