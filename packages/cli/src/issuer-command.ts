import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createIssuer, type IssuerConfig, readConfig } from '@holdfast/issuer';
import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { CommandError } from './command-error.ts';
import { createIssuerApp } from './issuer-app.ts';
import { closeAll, type ListenerOptions, listenAll } from './listener.ts';
import { createLogger } from './logger.ts';
import type { Output } from './output.ts';
import { untilStopped } from './until-stopped.ts';

export interface IssuerCommandOptions {
  /** Path of the configuration, JSON. */
  readonly config: string;
  readonly output: Output;
}

/** Contents of the files that the configuration names. PEM. */
interface Tls {
  readonly cert: string;
  readonly key: string;
  readonly clientAuthorities: string | undefined;
}

/**
 * Serves an issuer from a configuration file. Beside the issuer's own fields it holds `tls: { cert, key,
 * client_authorities }`, `signing_key_files` and `store`, all paths relative to the file. `store` is where used assertions
 * and proofs are kept, made when it is not there; without it they are forgotten when the process ends.
 */
export async function serveIssuerFromFile({ config: path, output }: IssuerCommandOptions): Promise<void> {
  const { tls: files, signing_key_files: keyFiles, store: storeFile, ...rest } = await readJson(path);
  const folder = dirname(path);
  const tls = await readTls(files, folder);
  const config = readConfig({ ...rest, ...(await readSigningKeys(keyFiles, folder)) });
  const { store, close } = await openStore(storeFile, folder);
  try {
    await serveIssuer({ config, tls, store, output });
  } finally {
    close();
  }
}

interface Service {
  readonly config: IssuerConfig;
  readonly tls: Tls;
  readonly store: Store;
  readonly output: Output;
}

/** Until it is told to stop. */
async function serveIssuer({ config, tls, store, output }: Service): Promise<void> {
  const issuer = await createIssuer({ config, store });
  const logger = createLogger(process.stderr);
  const listeners = await listenAll(listenerOptions(config, tls));
  try {
    const stopped = untilStopped(output.lost); // before anybody is told that it is up, and may stop it
    for (const [i, listener] of listeners.entries()) {
      const { origin } = new URL((i === 0 ? config.issuer : config.mtls_origin) ?? '');
      await listener.serve(createIssuerApp(issuer, origin, logger));
      output.print(`${i === 0 ? 'issuer' : 'with mutual TLS'}  ${origin}`);
    }
    await stopped;
  } finally {
    await closeAll(listeners);
  }
}

/** The issuer's listener and, where it is configured, the one that asks for certificates. */
function listenerOptions(config: IssuerConfig, { cert, key, clientAuthorities }: Tls): ListenerOptions[] {
  const at = (url: string) => {
    const { hostname, port } = new URL(url);
    return { name: hostname, port: Number(port || 443), cert, key };
  };
  if (config.mtls_origin === undefined) return [at(config.issuer)];
  if (clientAuthorities === undefined) throw new CommandError('tls.client_authorities: is needed for mtls_origin');
  return [at(config.issuer), { ...at(config.mtls_origin), clientAuthorities }];
}

async function openStore(value: unknown, folder: string): Promise<{ store: Store; close(): void }> {
  if (value === undefined) return { store: memoryStore(), close() {} };
  if (typeof value !== 'string' || value === '') throw new CommandError('store: must be the path of a file');
  const { sqliteStore } = await import('@holdfast/stores/sqlite'); // only here: Node 22 warns of node:sqlite
  try {
    const store = sqliteStore({ path: resolve(folder, value) });
    return { store, close: () => store.close() };
  } catch (thrown) {
    if (thrown instanceof HoldfastError) throw new CommandError(`store: ${value}: ${thrown.detail ?? thrown.message}`);
    throw thrown;
  }
}

async function readSigningKeys(files: unknown, folder: string): Promise<{ signing_keys?: object[] }> {
  if (!Array.isArray(files)) return {};
  return { signing_keys: await Promise.all(files.map((file) => readJson(resolve(folder, String(file))))) };
}

async function readTls(value: unknown, folder: string): Promise<Tls> {
  const tls = (value ?? {}) as Record<string, unknown>;
  const read = async (field: string) => {
    const file = tls[field];
    if (typeof file !== 'string') throw new CommandError(`tls.${field}: must be the path of a PEM file`);
    return readFile(resolve(folder, file), 'utf8');
  };
  const clientAuthorities = tls['client_authorities'] === undefined ? undefined : await read('client_authorities');
  return { cert: await read('cert'), key: await read('key'), clientAuthorities };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // the parser's message would quote the file
  }
  throw new CommandError(`${path}: not a JSON object`);
}
