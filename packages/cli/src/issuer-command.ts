import { createIssuer, type Issuer, type KeyRing } from '@holdfast/issuer';
import type { Store } from '@holdfast/proof';
import { CommandError } from './command-error.ts';
import { createIssuerApp } from './issuer-app.ts';
import { type IssuerFile, readIssuerFile } from './issuer-file.ts';
import { openKeys, openStore, openTrail } from './issuer-files.ts';
import { countIssuerEvents, type IssuerMetrics } from './issuer-metrics.ts';
import { closeAll, type Listener, type ListenerOptions, listenAll } from './listener.ts';
import { createLogger, type Logger } from './logger.ts';
import { observedStore } from './observed-store.ts';
import { createOpened, type Opened } from './opened.ts';
import type { Output } from './output.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { listenForService } from './service-listener.ts';
import { untilStopped } from './until-stopped.ts';

export interface IssuerCommandOptions {
  /** Path of the configuration, JSON. */
  readonly config: string;
  readonly output: Output;
}

const PATIENCE = 10_000; // ms that requests under way have when the process is told to end

/**
 * Serves an issuer from a configuration file until it is told to stop. Beside the issuer's own fields the file holds
 * `tls: { cert, key, client_authorities }`, `keys` (see `readKeysConfig`) or `signing_key_files`, and:
 *
 * - `store`: where everything is kept, made when it is not there; without it all is forgotten when the process ends.
 * - `accounts`: who may log in (see `readAccounts`).
 * - `audit`: the trail of what was done. It goes on in a new file when its own is renamed, at once on SIGHUP.
 * - `service: { port, host }`: where metrics, health and readiness are, without TLS; on loopback by default.
 * - `rate_limits: { address, client, login }` in requests a minute, or `off` behind a proxy, which has to limit then.
 *
 * Paths are relative to the file.
 */
export async function serveIssuerFromFile({ config: path, output }: IssuerCommandOptions): Promise<void> {
  const file = await readIssuerFile(path);
  const opened = createOpened();
  try {
    await serveIssuer(file, output, opened);
  } finally {
    await opened.close();
  }
}

async function serveIssuer(file: IssuerFile, output: Output, opened: Opened): Promise<void> {
  const { config, folder, login } = file;
  const logger = createLogger(process.stderr);
  const keys = await openKeys(file, logger, opened);
  const plainStore = await openStore(file.store, folder, opened);
  const trail = file.audit === undefined ? undefined : await openTrail(file.audit, folder, logger, opened);
  const metrics = file.service === undefined ? undefined : openMetrics(keys, opened);
  const store = metrics === undefined ? plainStore : observedStore(plainStore, metrics.store);
  const readiness = createReadiness({
    store: () => checkStore(store),
    keys: () => keys.current().sign(Buffer.from('holdfast readiness')),
    audit: () => trail?.check(),
  });
  const issuer = await createIssuer({
    ...{ config, store, keys },
    ...(login === undefined ? {} : { login }),
    ...(trail === undefined ? {} : { audit: trail.record }),
  });
  const listeners = await listenAll(listenerOptions(file));
  opened.add(() => closeAll(listeners));
  const stopped = untilStopped(output.lost); // before anybody is told that it is up, and may stop it
  const told = [
    ...(await serveAll(issuer, file, listeners, { logger, metrics })),
    ...(await serveService(file, metrics, readiness, opened)),
  ];
  for (const line of told) output.print(line);
  await stopped;
  readiness.stop();
  await closeAll(listeners, PATIENCE);
}

function openMetrics(keys: KeyRing, opened: Opened): IssuerMetrics {
  const published = () => keys.jwks().keys.map(() => ({ state: 'current' }));
  const metrics = countIssuerEvents({ keyStates: () => (keys.states?.() ?? published()).map(({ state }) => state) });
  opened.add(() => metrics.close());
  return metrics;
}

/** Writes: a store that can only be read is of no use. One entry a minute, however often it is asked. */
async function checkStore(store: Store): Promise<void> {
  const minute = Math.floor(Date.now() / 60_000);
  await store.add(`readiness ${minute}`, '', (minute + 1) * 60);
}

async function serveAll(
  issuer: Issuer,
  { config, rateLimits }: IssuerFile,
  listeners: readonly Listener[],
  parts: { readonly logger: Logger; readonly metrics: IssuerMetrics | undefined },
): Promise<string[]> {
  const told: string[] = [];
  for (const [i, listener] of listeners.entries()) {
    const { origin } = new URL((i === 0 ? config.issuer : config.mtls_origin) ?? '');
    await listener.serve(createIssuerApp(issuer, { origin, ...(rateLimits && { rateLimits }), ...parts }));
    told.push(`${i === 0 ? 'issuer' : 'with mutual TLS'}  ${origin}`);
  }
  return told;
}

async function serveService(
  { service }: IssuerFile,
  metrics: IssuerMetrics | undefined,
  readiness: Readiness,
  opened: Opened,
): Promise<string[]> {
  if (service === undefined || metrics === undefined) return [];
  const listener = await listenForService({ ...service, metrics, readiness });
  opened.add(() => listener.close());
  return [`service  ${listener.origin}`];
}

/** The issuer's listener and, where it is configured, another one that asks for certificates; else the first one asks. */
function listenerOptions({ config, tls }: IssuerFile): ListenerOptions[] {
  const { clientAuthorities, ...identity } = tls;
  const at = (url: string) => {
    const { hostname, port } = new URL(url);
    return { name: hostname, port: Number(port || 443), ...identity };
  };
  if (config.mtls_origin === undefined) return [{ ...at(config.issuer), ...tls }];
  if (clientAuthorities === undefined) throw new CommandError('tls.client_authorities: is needed for mtls_origin');
  return [at(config.issuer), { ...at(config.mtls_origin), clientAuthorities }];
}
