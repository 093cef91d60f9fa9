import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createIssuer, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { memoryStore } from '@holdfast/stores';
import fastify, { type FastifyInstance } from 'fastify';
import { CommandError } from './command-error.ts';
import { listen } from './listener.ts';
import { createLogger } from './logger.ts';

export interface IssuerCommandOptions {
  /** Path of the configuration, JSON. */
  readonly config: string;
  print(line: string): void;
}

interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly client_authorities?: string;
}

/**
 * Serves an issuer from a configuration file. Beside the issuer's own fields it holds `tls: { cert, key,
 * client_authorities }` and `signing_key_files`, paths relative to the file.
 */
export async function serveIssuerFromFile({ config: path, print }: IssuerCommandOptions): Promise<void> {
  const { tls, signing_key_files: keyFiles, ...rest } = await readJson(path);
  const files = readTls(tls);
  const inFolder = (file: string) => resolve(dirname(path), file);
  const keys = Array.isArray(keyFiles)
    ? { signing_keys: await Promise.all(keyFiles.map((file) => readJson(inFolder(String(file))))) }
    : {};
  const config = readConfig({ ...rest, ...keys });
  const [cert, key] = await Promise.all([files.cert, files.key].map((file) => readFile(inFolder(file), 'utf8')));
  const store = memoryStore();
  const issuer = await createIssuer({ config, store });
  const origins = [
    { origin: new URL(config.issuer).origin, mutual: false },
    { origin: config.mtls_origin, mutual: true },
  ];
  const listeners = [];
  for (const { origin, mutual } of origins) {
    if (origin === undefined) continue;
    const { hostname, port } = new URL(origin);
    const authorities = mutual
      ? { clientAuthorities: await readFile(inFolder(files.client_authorities ?? ''), 'utf8') }
      : {};
    const listener = await listen({
      port: Number(port || 443),
      host: '::',
      name: hostname,
      cert: cert ?? '',
      key: key ?? '',
      ...authorities,
    });
    const app = fastify({ loggerInstance: createLogger(process.stderr) }) as unknown as FastifyInstance;
    app.register(issuerRoutes, { issuer, origin });
    await listener.serve(app);
    listeners.push(listener);
    print(`${mutual ? 'with mutual TLS' : 'issuer'}  ${origin}`);
  }
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await Promise.all(listeners.map((listener) => listener.close()));
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

function readTls(value: unknown): TlsFiles {
  const tls = value as Partial<TlsFiles> | undefined;
  for (const field of ['cert', 'key'] as const) {
    if (typeof tls?.[field] !== 'string') throw new CommandError(`tls.${field}: must be the path of a PEM file`);
  }
  return tls as TlsFiles;
}
