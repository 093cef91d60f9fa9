import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deployment, type DeploymentFacts, deploy } from '@holdfast/cli';
import { type Client, createClient, generateKey, importKey } from '@holdfast/signer';
import { runEvidenceCommand } from '../../packages/cli/src/evidence/command.ts';
import type { Finding } from '../../packages/cli/src/evidence/finding.ts';

/** An issuer and a venue over TLS that records orders in a file, and traders with both bindings who sign them. */
export interface Recording extends AsyncDisposable {
  readonly folder: string;
  /** The file of evidence. */
  readonly path: string;
  readonly facts: DeploymentFacts;
  readonly dpop: Trader;
  readonly mtls: Trader;
  /** Ends the venue, and so the writing. */
  stop(): Promise<void>;
  /** The lines of the file, parsed. */
  lines(): Promise<Line[]>;
}

export type Line = Record<string, unknown> & { readonly seq: number };

export interface Trader {
  readonly client: Client;
  send(method: string, path: string, body?: object | string, headers?: Record<string, string>): Promise<Sent>;
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export const ORDER = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 100, price: '10.00' } as const;

/** `state`: a folder with certificates and keys, which are made when they are not there. */
export async function record(state: string, clock?: () => number): Promise<Recording> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-evidence-'));
  const path = join(folder, 'evidence.jsonl');
  const deployment = await deploy({ state, port: 0, evidence: path, ...(clock && { clock }) });
  const { resource, mtlsResource } = deployment.facts;
  const dpop = trader(await clientOf(deployment, 'trader-dpop', clock), resource);
  const mtls = trader(await clientOf(deployment, 'trader-mtls', clock), mtlsResource);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      for (const { client } of [dpop, mtls]) await client.close({ revoke: false });
      await deployment.close();
    })();
    return stopped;
  };
  return {
    folder,
    path,
    facts: deployment.facts,
    dpop,
    mtls,
    stop,
    lines: async () => linesOf(await readFile(path, 'utf8')),
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

async function clientOf({ facts }: Deployment, id: string, clock: (() => number) | undefined): Promise<Client> {
  const { auth, binding, key, cert } = facts.clients.find(({ client_id: each }) => each === id) ?? { key: '' };
  const jwk = async () => importKey(JSON.parse(await readFile(key, 'utf8')) as Record<string, unknown>);
  return createClient({
    issuer: facts.issuer,
    clientId: id,
    auth: auth === 'private_key_jwt' ? { method: auth, key: await jwk() } : { method: auth ?? 'tls_client_auth' },
    binding: binding === 'dpop' ? { method: 'dpop', key: await generateKey() } : { method: 'mtls' },
    tls: { ca: await readFile(facts.ca), ...(cert && { cert: await readFile(cert), key: await readFile(key) }) },
    // Who only reads need not sign
    signatures: { evidence: true },
    ...(clock && { clock }),
  });
}

function trader(client: Client, origin: string): Trader {
  return {
    client,
    async send(method, path, body, headers = {}) {
      const text = typeof body === 'object' ? JSON.stringify(body) : body;
      const type = text === undefined ? {} : { 'content-type': 'application/json' };
      const init = { method, headers: { ...type, ...headers }, ...(text === undefined ? {} : { body: text }) };
      const response = await client.fetch(origin + path, init);
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Sent['body'],
      };
    },
  };
}

export interface Judgement {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly orders: number;
  readonly entries: number;
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly torn: readonly { readonly line: number; readonly sequence: number }[];
}

/** What `holdfast evidence verify --json` finds, without a process of its own. */
export async function judge(file: string, head?: string): Promise<Judgement> {
  const printed: string[] = [];
  const code = await runEvidenceCommand({
    action: 'verify',
    file,
    head,
    json: true,
    print: (line) => printed.push(line),
    complain: (line) => printed.push(JSON.stringify({ complaint: line })),
  });
  return { code, ...(JSON.parse(printed.join('')) as Omit<Judgement, 'code'>) };
}
