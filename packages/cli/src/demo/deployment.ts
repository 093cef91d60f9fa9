import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CertificatePaths, ensureCertificates } from '@holdfast/certs-scripts';
import { createIssuer, type Issuer, readConfig } from '@holdfast/issuer';
import { type Clock, generateKey } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { createVenue, Exchange, IdempotencyTable } from '@holdfast/venue';
import { createVerifier } from '@holdfast/verifier';
import { Agent, fetch as undiciFetch } from 'undici';
import { type EvidenceFile, openEvidence } from '../evidence/evidence-file.ts';
import { createIssuerApp } from '../issuer-app.ts';
import { closeAll, type Listener, listenAll } from '../listener.ts';
import type { Logger } from '../logger.ts';
import { createOpened } from '../opened.ts';
import { ensurePrivateKey } from '../private-key-file.ts';
import { type DemoClient, demoClients, SCOPES, TRADING } from './clients.ts';
import { orderEntryType } from './order-entry.ts';
import type { Credentials } from './person.ts';
import { SIGNED, signedVenue } from './signed-venue.ts';

/** Seconds after which the venue looks again which tokens were revoked. */
export const STATUS_TTL = 5;

/** What other programs need to use the demo: the line of `--json`. */
export interface DeploymentFacts {
  readonly issuer: string;
  /** DPoP; asks for no certificate. */
  readonly resource: string;
  /** The same venue behind mutual TLS. */
  readonly mtlsResource: string;
  /** The same venue for DPoP, where orders have to be signed with their bodies, and answers to them are: RFC 9421. */
  readonly signedResource: string;
  /** Path of the authority's certificate, PEM. */
  readonly ca: string;
  readonly clients: readonly DemoClient[];
  /** Somebody who can log in at the issuer. */
  readonly person: Credentials;
}

export interface Deployment {
  readonly facts: DeploymentFacts;
  readonly certificates: CertificatePaths;
  readonly config: Issuer['config'];
  close(): Promise<void>;
}

export interface DeploymentOptions {
  /** Folder for certificates and keys; made when it is not there. */
  readonly state: string;
  /** First of four ports in a row: issuer, issuer with mutual TLS, venue, venue with mutual TLS. 0: four free ones. */
  readonly port: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** File in which the venue records orders, which then have to be signed. Left out: none. */
  readonly evidence?: string;
}

/** An issuer and a venue on loopback, over TLS, each with one listener that asks for certificates and one that does not. */
export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  const { state, port, clock = Date.now, logger } = options;
  const directory = resolve(state);
  const certificates = await ensureCertificates(join(directory, 'certs'), { now: new Date(clock()) });
  const listeners = await bindAll(certificates, port);
  const opened = createOpened();
  opened.add(() => closeAll(listeners));
  try {
    const [issuer, issuerMtls, venue, venueMtls] = listeners;
    const registered = await demoClients(join(directory, 'keys'), certificates);
    const signingKey = await ensurePrivateKey(join(directory, 'keys', 'issuer.jwk.json'), 'issuer-1');
    const config = readConfig({
      issuer: issuer.origin,
      mtls_origin: issuerMtls.origin,
      signing_keys: [signingKey],
      resources: [{ resource: venue.origin, scope: TRADING, scope_descriptions: SCOPES }],
      authorization_details_types: [orderEntryType(venue.origin)],
      status_list: { ttl: STATUS_TTL },
      clients: registered.map(({ registration }) => registration),
    });
    const person = { login: 'anna', password: randomBytes(9).toString('base64url') };
    await serveIssuer(config, person, { issuer, issuerMtls, clock, logger });
    const ca = await readFile(certificates.authority.certificate, 'utf8');
    const evidence =
      options.evidence === undefined ? undefined : await openRecord(options.evidence, clock, [venue, venueMtls]);
    if (evidence !== undefined) opened.add(() => evidence.close());
    await serveVenue({
      evidence,
      issuer: issuer.origin,
      audience: venue.origin,
      listeners: [venue, venueMtls],
      ca,
      clock,
      logger,
    });
    const facts = {
      issuer: issuer.origin,
      resource: venue.origin,
      mtlsResource: venueMtls.origin,
      signedResource: venue.origin + SIGNED,
      ca: certificates.authority.certificate,
      clients: registered.map(({ client }) => client),
      person,
    };
    return { facts, certificates, config, close: opened.close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

type Four = readonly [Listener, Listener, Listener, Listener];

async function bindAll({ server, authority }: CertificatePaths, port: number): Promise<Four> {
  const [cert, key, clientAuthorities] = await Promise.all([
    readFile(server.certificate, 'utf8'),
    readFile(server.key, 'utf8'),
    readFile(authority.certificate, 'utf8'),
  ]);
  const options = [0, 1, 2, 3].map((i) => ({
    port: port === 0 ? 0 : port + i,
    host: '127.0.0.1',
    name: 'localhost',
    cert,
    key,
    ...(i % 2 === 1 ? { clientAuthorities } : {}),
  }));
  return (await listenAll(options)) as unknown as Four;
}

interface IssuerParts {
  readonly issuer: Listener;
  readonly issuerMtls: Listener;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

async function serveIssuer(
  config: Issuer['config'],
  { login: name, password: secret }: Credentials,
  { issuer, issuerMtls, clock, logger }: IssuerParts,
): Promise<void> {
  const login = {
    check: async (typed: string, password: string) =>
      typed === name && password === secret ? { sub: `person-${name}`, name: 'Anna' } : undefined,
  };
  const endpoints = await createIssuer({ config, store: memoryStore({ clock }), clock, login });
  for (const listener of [issuer, issuerMtls]) {
    await listener.serve(createIssuerApp(endpoints, { origin: listener.origin, logger }));
  }
}

function openRecord(path: string, clock: Clock, listeners: readonly Listener[]): Promise<EvidenceFile> {
  return openEvidence(resolve(path), { clock, origins: listeners.map(({ origin }) => origin) });
}

interface VenueParts {
  readonly evidence: EvidenceFile | undefined;
  readonly issuer: string;
  readonly audience: string;
  readonly listeners: readonly Listener[];
  readonly ca: string;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

/**
 * One exchange behind both listeners; each has its own origin, so its own verifier and nonces. Below SIGNED orders
 * have to be signed; where they are recorded, everywhere.
 */
async function serveVenue({ evidence, issuer, audience, listeners, ca, clock, logger }: VenueParts): Promise<void> {
  const exchange = new Exchange({ clock });
  const fetch = trusting(ca);
  const metadata = { resource_name: 'Holdfast demo venue', scopes_supported: TRADING.split(' ') };
  const responseSigning = { key: await generateKey('ES256') };
  const idempotency = new IdempotencyTable({ clock });
  const recorded = evidence && { evidence, signatures: 'evidence' as const };
  for (const { origin, serve } of listeners) {
    const verifier = createVerifier({ issuer, audience, origin, clock, fetch, metadata, responseSigning });
    const shared = { verifier, exchange, idempotency, ...recorded };
    const app = createVenue({ ...shared, ...(logger === undefined ? {} : { logger }) });
    app.register(signedVenue, { signatures: 'required', ...shared, prefix: SIGNED });
    await serve(app);
  }
}

/** A fetch that trusts the demo's authority and nobody else. */
export function trusting(ca: string): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect: { ca, rejectUnauthorized: true } });
  const send = (input: Parameters<typeof undiciFetch>[0], init: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(input, { ...init, dispatcher });
  return send as unknown as typeof globalThis.fetch;
}
