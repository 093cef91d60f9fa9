import { createLogger } from '../logger.ts';
import { untilStopped } from '../until-stopped.ts';
import { type DeploymentFacts, deploy } from './deployment.ts';
import { removeFacts, writeFacts } from './facts-file.ts';

export interface ServeOptions {
  readonly state: string;
  readonly port: number;
  readonly json: boolean;
  /** Request logs to stderr. */
  readonly log: boolean;
  print(line: string): void;
}

/** Keeps issuer and venue up until SIGINT or SIGTERM. */
export async function serve({ state, port, json, log, print }: ServeOptions): Promise<void> {
  const logger = log ? { logger: createLogger(process.stderr) } : {};
  const { facts, close } = await deploy({ state, port, ...logger });
  try {
    const stopped = untilStopped(); // before anybody is told that it is up, and may stop it
    await writeFacts(state, facts);
    print(json ? JSON.stringify(facts) : instructions(facts, state));
    await stopped;
  } finally {
    await removeFacts(state, facts).finally(close);
  }
}

function instructions({ issuer, resource, mtlsResource, ca, clients }: DeploymentFacts, state: string): string {
  const other = state === '.holdfast' ? '' : ` --state ${state}`;
  const mtls = clients.find(({ client_id: id }) => id === 'trader-mtls');
  const url = `${resource}/orders`;
  return `
issuer          ${issuer}
venue, DPoP     ${resource}
venue, mTLS     ${mtlsResource}
authority       ${ca}

A request with DPoP. A proof is good once, so each line gets a fresh one from "holdfast headers":

  npx holdfast headers GET ${url} --client trader-dpop${other} | curl -s --cacert ${ca} -H @- ${url}

A request with a client certificate:

  npx holdfast headers GET ${mtlsResource}/orders --client trader-mtls${other} | curl -s --cacert ${ca} --cert ${mtls?.cert} --key ${mtls?.key} -H @- ${mtlsResource}/orders

Ctrl-C ends it.`.trimStart();
}
