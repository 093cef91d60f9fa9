import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Algorithm, isJsonObject, type JsonObject } from '@holdfast/proof';
import { type Client, createClient, generateKey, importKey, type PrivateJwk } from '@holdfast/signer';
import { UsageError } from '../options.ts';

/** A client of a deployed issuer, ready to call. */
export interface DeployedClient {
  readonly clientId: string;
  readonly binding: 'dpop' | 'mtls';
  readonly client: Client;
  /** Of its connections: PEM. */
  readonly tls: Tls;
}

interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Opens a client that a file describes, in the form in which `holdfast demo --serve --json` and its `deployment.json` say
 * who the clients are: `issuer`, `ca` where the authority is one of your own, and `clients`, each with `client_id`, `auth`,
 * `binding`, paths of `key` and `cert`, and `scope`. Paths are relative to the file. `id` may be left out where there is
 * one client. Throws UsageError, which names the field and never quotes it.
 */
export async function openClient(file: string, id: string | undefined, alg: Algorithm): Promise<DeployedClient> {
  const deployment = await readObject(file);
  const read = (of: JsonObject, field: string) => readFileOf(file, of, field);
  const entry = find(file, deployment['clients'], id);
  const clientId = text(file, entry, 'client_id');
  const [auth, binding] = [text(file, entry, 'auth'), text(file, entry, 'binding')];
  if (binding !== 'dpop' && binding !== 'mtls') throw new UsageError(`${file}: binding: dpop or mtls`);
  const ca = deployment['ca'] === undefined ? {} : { ca: await read(deployment, 'ca') };
  const key = await read(entry, 'key');
  const tls = entry['cert'] === undefined ? ca : { ...ca, cert: await read(entry, 'cert'), key };
  const client = createClient({
    issuer: text(file, deployment, 'issuer'),
    clientId,
    auth: await authentication(file, auth, key),
    binding: binding === 'mtls' ? { method: 'mtls' } : { method: 'dpop', key: await generateKey(alg) },
    tls,
    ...(entry['scope'] === undefined ? {} : { scope: text(file, entry, 'scope') }),
  });
  return { clientId, binding, client, tls };
}

async function authentication(file: string, method: string, key: string) {
  if (method === 'tls_client_auth' || method === 'self_signed_tls_client_auth') return { method } as const;
  if (method !== 'private_key_jwt')
    throw new UsageError(`${file}: auth: private_key_jwt, tls_client_auth or self_signed_tls_client_auth`);
  try {
    return {
      method,
      key: await importKey(key.startsWith('-----BEGIN') ? key : (JSON.parse(key) as PrivateJwk)),
    } as const;
  } catch {
    throw new UsageError(`${file}: key: the path of a private key, as a JWK or PEM`); // the cause would quote it
  }
}

function find(file: string, clients: unknown, id: string | undefined): JsonObject {
  const entries = Array.isArray(clients) ? clients.filter(isJsonObject) : [];
  const ids = entries.map((each) => String(each['client_id']));
  const entry = id === undefined && entries.length === 1 ? entries[0] : entries[ids.indexOf(id ?? '')];
  if (entry === undefined) throw new UsageError(`--client: one of ${ids.join(', ') || `the clients of ${file}`}`);
  return entry;
}

async function readObject(file: string): Promise<JsonObject> {
  const value = await readFile(file, 'utf8')
    .then((json) => JSON.parse(json) as unknown)
    .catch((thrown: NodeJS.ErrnoException) => {
      throw new UsageError(`${file}: ${thrown.code === 'ENOENT' ? 'no such file' : 'not JSON'}`);
    });
  if (!isJsonObject(value)) throw new UsageError(`${file}: not a JSON object`);
  return value;
}

async function readFileOf(file: string, of: JsonObject, field: string): Promise<string> {
  const path = resolve(dirname(file), text(file, of, field));
  return await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${file}: ${field}: ${path} cannot be read`);
  });
}

function text(file: string, of: JsonObject, field: string): string {
  const value = of[field];
  if (typeof value !== 'string' || value === '') throw new UsageError(`${file}: ${field}: a text`);
  return value;
}
