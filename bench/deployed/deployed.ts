import { isAlgorithm, isAvailable } from '@holdfast/proof';
import { Agent, request } from 'undici';
import { arrivals } from '../load/arrivals.ts';
import { failureOf } from '../load/planned.ts';
import { type OpenLoopResult, sendWhenDue, summarise } from '../load/when-due.ts';
import { type Options, type Target, UsageError } from '../options.ts';
import { type DeployedClient, openClient } from './deployment-file.ts';

/** What clients of a deployed server feel at some rates, from this machine. */
export interface Deployed {
  readonly url: string;
  readonly client: string;
  readonly binding: 'dpop' | 'mtls';
  /** Of the client's proofs. */
  readonly alg?: string;
  readonly rates: readonly DeployedRate[];
}

export interface DeployedRate {
  /** Requests that were due in a second. */
  readonly rate: number;
  /** Without a token, so that the server refuses: network, TLS and HTTP, and next to nothing else. */
  readonly refused: OpenLoopResult;
  /** By `client.fetch`, which signs each and answers challenges. */
  readonly authorized: OpenLoopResult;
}

const SECONDS = 5; // of each rate
const MOST = 10_000; // requests a second: more than `client.fetch` can send, and more than anybody wants to be sent
const PATIENCE = 10_000; // ms
const SEED = 9449;
const WARM_UP = 20; // requests: connections, token and nonce are there then, and V8 has seen the code

/**
 * Sends GET requests and nothing else, at rates that the person chose: a server of somebody else is not to be driven to its
 * limits, nor changed. Throws UsageError when the first request is not answered with success.
 */
export async function runDeployed(target: Target, options: Options, say: (line: string) => void): Promise<Deployed> {
  const { url, deployment, client: id } = target;
  const { alg = 'ES256', seconds = SECONDS } = options;
  if (!isAlgorithm(alg) || !isAvailable(alg)) throw new UsageError('--alg: one that proofs may have, like ES256');
  for (const rate of target.rates) expectSome(rate, seconds);
  const opened = await openClient(deployment, id, alg);
  const { ca } = opened.tls;
  const anonymous = new Agent({ ...(ca === undefined ? {} : { connect: { ca } }) });
  try {
    const send = { authorized: () => fetchAs(opened, url), refused: () => knock(anonymous, url) };
    for (let i = 0; i < WARM_UP; i += 1) await Promise.all([firstly(send.authorized), send.refused()]);
    const rates: DeployedRate[] = [];
    for (const rate of target.rates) {
      say(`${rate} requests a second`);
      const run = (each: () => Promise<string | undefined>) => atRate(rate, seconds, each);
      rates.push({ rate, refused: await run(send.refused), authorized: await run(send.authorized) });
    }
    const { clientId: client, binding } = opened;
    return { url, client, binding, ...(binding === 'dpop' ? { alg } : {}), rates };
  } finally {
    await Promise.all([opened.client.close(), anonymous.close()]);
  }
}

/** Throws UsageError for what would send nothing, or everything at once. */
function expectSome(rate: number, seconds: number): void {
  if (rate > MOST) throw new UsageError(`--rate: ${MOST} a second at most`);
  if (rate * seconds < 1)
    throw new UsageError(`--rate, --seconds: ${rate} a second for ${seconds} s is not one request`);
}

async function atRate(rate: number, seconds: number, send: () => Promise<string | undefined>): Promise<OpenLoopResult> {
  const due = arrivals(rate, Math.max(1, Math.round(rate * seconds)), SEED);
  return summarise(await sendWhenDue(due, (_i, ended) => void send().then(ended), PATIENCE));
}

/** Resolves with what went wrong, if anything did. */
async function fetchAs({ client }: DeployedClient, url: string): Promise<string | undefined> {
  try {
    const response = await client.fetch(url);
    const body = await response.text();
    return response.ok ? undefined : failureOf(response.status, body);
  } catch (thrown) {
    return nameOf(thrown);
  }
}

/** 401 is what it has to be. */
async function knock(dispatcher: Agent, url: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(url, { dispatcher });
    const text = await body.text();
    return statusCode === 401 ? undefined : failureOf(statusCode, text);
  } catch (thrown) {
    return nameOf(thrown);
  }
}

/** What went wrong in one word: of `fetch failed`, its cause. */
function nameOf(thrown: unknown): string {
  const { code, name, cause } = thrown as NodeJS.ErrnoException;
  return code ?? (cause === undefined ? name : nameOf(cause));
}

async function firstly(send: () => Promise<string | undefined>): Promise<void> {
  const failure = await send();
  if (failure !== undefined) throw new UsageError(`the server does not answer this client with success: ${failure}`);
}
