import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigurationError, type IssuerConfig, type Login, readAccounts, readConfig } from '@holdfast/issuer';
import type { IssuerRoutesOptions } from '@holdfast/issuer/fastify';
import { isJsonObject, type JsonObject } from '@holdfast/proof';
import { CommandError } from './command-error.ts';
import { readJsonFile, readJsonList } from './json-file.ts';
import type { TlsIdentity } from './tls-server.ts';

/** What the configuration file of `holdfast issuer` says, and what the files hold that it names, but for keys and state. */
export interface IssuerFile {
  readonly config: IssuerConfig;
  readonly tls: TlsIdentity;
  readonly login: Login | undefined;
  readonly rateLimits: IssuerRoutesOptions['rateLimits'];
  readonly service: ServiceAddress | undefined;
  /** Paths as they were written down, relative to `folder`. */
  readonly store: string | undefined;
  readonly audit: string | undefined;
  readonly folder: string;
  /** For `readKeysConfig`. */
  readonly keys: unknown;
}

export interface ServiceAddress {
  readonly port: number;
  readonly host?: string;
}

/** Throws `CommandError` or `ConfigurationError`, which name the field, or an error of the system, which names the file. */
export async function readIssuerFile(path: string): Promise<IssuerFile> {
  const fields = await readJsonFile(path);
  const { tls, keys, signing_key_files: keyFiles, accounts, store, audit, ...others } = fields;
  const { service, rate_limits: rateLimits, ...rest } = others;
  const folder = dirname(path);
  const identity = await readTls(tls, folder);
  const config = readConfig({ ...rest, ...(await readSigningKeys(keyFiles, folder)) });
  return {
    config,
    tls: identity,
    login: await readLogin(accounts, config, folder),
    rateLimits: readRateLimits(rateLimits),
    service: readService(service),
    store: readPath('store', store),
    audit: readPath('audit', audit),
    folder,
    keys,
  };
}

function readPath(field: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new CommandError(`${field}: must be the path of a file`);
}

async function readSigningKeys(files: unknown, folder: string): Promise<{ signing_keys?: object[] }> {
  if (files === undefined) return {};
  if (!Array.isArray(files)) throw new CommandError('signing_key_files: must be a list of paths');
  const paths = files.map((file, i) => readPath(`signing_key_files[${i}]`, file) ?? '');
  return { signing_keys: await Promise.all(paths.map((path) => readJsonFile(resolve(folder, path)))) };
}

async function readTls(value: unknown, folder: string): Promise<TlsIdentity> {
  const tls = readFields('tls', value ?? {}, ['cert', 'key', 'client_authorities']);
  const read = async (field: string) => {
    const file = tls[field];
    if (typeof file !== 'string') throw new CommandError(`tls.${field}: must be the path of a PEM file`);
    return readFile(resolve(folder, file), 'utf8');
  };
  const [cert, key] = [await read('cert'), await read('key')];
  if (tls['client_authorities'] === undefined) return { cert, key };
  return { cert, key, clientAuthorities: await read('client_authorities') };
}

async function readLogin(value: unknown, config: IssuerConfig, folder: string): Promise<Login | undefined> {
  const file = readPath('accounts', value);
  if (file === undefined) return undefined;
  const reservedSubjects = [...config.clients, ...config.resource_servers].map(({ client_id: id }) => id);
  const accounts = await readJsonList(resolve(folder, file));
  try {
    return readAccounts(accounts, { reservedSubjects });
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) throw new CommandError(`${file}: ${thrown.message}`);
    throw thrown;
  }
}

function readService(value: unknown): ServiceAddress | undefined {
  if (value === undefined) return undefined;
  const { port, host } = readFields('service', value, ['port', 'host']);
  if (!isWhole(port, 0, 65_535)) throw new CommandError('service.port: must be a number from 0 to 65535');
  if (host === undefined) return { port };
  if (typeof host !== 'string' || host === '') throw new CommandError('service.host: must be a name or an address');
  return { port, host };
}

function readRateLimits(value: unknown): IssuerRoutesOptions['rateLimits'] {
  if (value === undefined || value === 'off') return value;
  const { address, client, login } = readFields('rate_limits', value, ['address', 'client', 'login']);
  return { ...limit('address', address), ...limit('client', client), ...limit('login', login) };
}

function limit(field: string, value: unknown): Record<string, number> {
  if (value === undefined) return {};
  if (isWhole(value, 1, 1e9)) return { [field]: value };
  throw new CommandError(`rate_limits.${field}: must be a whole number of requests in a minute, 1 or more`);
}

/** A field that holds fields of its own. One that nobody reads, as by a slip of the pen, would seem to have an effect. */
function readFields(field: string, value: unknown, known: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new CommandError(`${field}: must be an object`);
  if (Object.keys(value).some((name) => !known.includes(name))) {
    throw new CommandError(`${field}: holds a field that is not known`);
  }
  return value;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
