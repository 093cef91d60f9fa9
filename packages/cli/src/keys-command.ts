import { dirname } from 'node:path';
import { addKeys, dropKey, type KeyChange, type ListedKey, listKeys, rotateKeys } from '@holdfast/issuer';
import { HoldfastError } from '@holdfast/proof';
import { CommandError, UsageError } from './command-error.ts';
import { readJsonFile } from './json-file.ts';
import { type KeysConfig, readKeysConfig } from './keys-config.ts';

export interface KeysCommandOptions {
  readonly action: string | undefined;
  /** Of the action `drop`. */
  readonly kid: string | undefined;
  /** Path of the issuer's configuration, JSON. */
  readonly config: string | undefined;
  /** Rotate although not every verifier knows the next key yet. */
  readonly now: boolean;
  readonly json: boolean;
  readonly print: (line: string) => void;
}

const USAGE = 'usage: holdfast keys list|rotate|add|drop KID --config FILE';

/** Shows or changes the keys of an issuer, which may be running: it takes over what is changed. */
export async function runKeysCommand({ config: path, ...options }: KeysCommandOptions): Promise<void> {
  const name = options.action ?? '';
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const isComplete = (name === 'drop') === (options.kid !== undefined);
  if (action === undefined || path === undefined || !isComplete) throw new UsageError(USAGE);
  const { keys } = await readJsonFile(path);
  const config = await readKeysConfig(keys, dirname(path));
  await namingTheFile(config.file, () => action(config, options));
}

/** What is wrong with a key file is told with its name. */
export async function namingTheFile<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    if (thrown instanceof HoldfastError) throw new CommandError(`keys: ${file}: ${thrown.detail ?? thrown.message}`);
    throw thrown;
  }
}

type Action = (config: KeysConfig, options: Omit<KeysCommandOptions, 'config'>) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = {
  async list(config, { json, print }) {
    const keys = await listKeys(config);
    if (json) print(JSON.stringify({ keys }));
    else for (const key of keys) print(line(key));
  },
  async rotate(config, { now, json, print }) {
    const { changes, early } = await rotateKeys(config, { now });
    report(changes, json, print);
    if (early.length === 0) return;
    throw new CommandError(
      `${early.join(', ')}: verifiers may not know the next key yet; wait 10 minutes, or use --now`,
    );
  },
  async add(config, { json, print }) {
    report(await addKeys(config), json, print);
  },
  async drop(config, { kid, json, print }) {
    report(await dropKey(config, kid ?? ''), json, print);
  },
};

function report(changes: readonly KeyChange[], json: boolean, print: (line: string) => void): void {
  if (json) print(JSON.stringify({ changes }));
  else for (const { kid, alg, state } of changes) print(`${kid}  ${alg.padEnd(7)}  ${state}`);
}

function line({ kid, alg, state, since, until }: ListedKey): string {
  const end = until === undefined ? '' : `, published until ${time(until)}`;
  return `${kid}  ${alg.padEnd(7)}  ${state.padEnd(8)}  since ${time(since)}${end}`;
}

function time(numericDate: number): string {
  return new Date(numericDate * 1000).toISOString().replace('.000', '');
}
