import { createLogger } from '../logger.ts';
import { countDecisions } from '../metrics.ts';
import { createOpened, type Opened } from '../opened.ts';
import type { Output } from '../output.ts';
import { listenForService } from '../service-listener.ts';
import { shellWord } from '../shell-word.ts';
import { untilStopped } from '../until-stopped.ts';
import { type DeploymentFacts, deploy } from './deployment.ts';
import { removeFacts, writeFacts } from './facts-file.ts';

export interface ServeOptions {
  readonly state: string;
  readonly port: number;
  /** Port of the metrics listener. Left out: none. */
  readonly metrics: number | undefined;
  readonly json: boolean;
  /** File in which the venue records orders. Left out: none. */
  readonly evidence: string | undefined;
  /** Request logs to stderr. */
  readonly log: boolean;
  readonly output: Output;
}

/** Keeps issuer and venue up until SIGINT or SIGTERM, or until nothing can be printed any more. */
export async function serve({ state, port, metrics, json, log, evidence, output }: ServeOptions): Promise<void> {
  const logger = log ? { logger: createLogger(process.stderr) } : {};
  const record = evidence === undefined ? {} : { evidence };
  const { facts, close } = await deploy({ state, port, ...logger, ...record });
  const opened = createOpened();
  opened.add(close);
  opened.add(() => removeFacts(state, facts));
  try {
    const told = metrics === undefined ? facts : { ...facts, metrics: await serveMetrics(metrics, opened) };
    const stopped = untilStopped(output.lost); // before anybody is told that it is up, and may stop it
    await writeFacts(state, facts);
    output.print(json ? JSON.stringify(told) : instructions(told, state));
    await stopped;
  } finally {
    await opened.close();
  }
}

/** Their URL. */
async function serveMetrics(port: number, opened: Opened): Promise<string> {
  const metrics = countDecisions();
  opened.add(() => metrics.close());
  const service = await listenForService({ port, metrics });
  opened.add(() => service.close());
  return `${service.origin}/metrics`;
}

function instructions(facts: DeploymentFacts & { readonly metrics?: string }, state: string): string {
  const { issuer, resource, mtlsResource, signedResource, ca, clients, person, metrics } = facts;
  const mtls = clients.find(({ client_id: id }) => id === 'trader-mtls');
  const headers = (url: string, client: string) => {
    const other = state === '.holdfast' ? '' : ` --state=${shellWord(state)}`;
    return `npx holdfast headers GET ${shellWord(url)} --client ${client}${other}`;
  };
  const curl = `curl -s --cacert ${shellWord(ca)}`;
  const identity = `--cert ${shellWord(certOption(mtls?.cert ?? ''))} --key ${shellWord(mtls?.key ?? '')}`;
  const [orders, mtlsOrders] = [`${resource}/orders`, `${mtlsResource}/orders`];
  return `
issuer          ${issuer}
venue, DPoP     ${resource}
venue, mTLS     ${mtlsResource}
venue, signed   ${signedResource}
authority       ${ca}
person          ${person.login}, password ${person.password}${metrics === undefined ? '' : `\nmetrics         ${metrics}`}

A request with DPoP. A proof is good once, so each line gets a fresh one from "holdfast headers":

  ${headers(orders, 'trader-dpop')} | ${curl} -H @- ${shellWord(orders)}

A request with a client certificate:

  ${headers(mtlsOrders, 'trader-mtls')} | ${curl} ${identity} -H @- ${shellWord(mtlsOrders)}

Ctrl-C ends it.`.trimStart();
}

/** curl reads `--cert file:password`, so a colon of the path, and a backslash, need a backslash before them. */
function certOption(path: string): string {
  return path.replaceAll(/[\\:]/g, '\\$&');
}
