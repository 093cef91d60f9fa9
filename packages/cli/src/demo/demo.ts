import { approvalScenarios } from './approval.ts';
import { createCast } from './cast.ts';
import { type Deployment, deploy } from './deployment.ts';
import { falseClientScenarios } from './false-client.ts';
import { honestScenarios } from './honest.ts';
import { closingLine, formatTable } from './report.ts';
import { type Result, runScenarios } from './scenario.ts';
import { signedOrderScenarios } from './signed-orders.ts';
import { stolenCertificateTokenScenarios } from './stolen-certificate-token.ts';
import { stolenTokenScenarios } from './stolen-token.ts';
import { tooLateScenarios } from './too-late.ts';

export interface DemoOptions {
  readonly state: string;
  readonly json: boolean;
  print(line: string): void;
}

/** Starts everything, lets traders trade and thieves try, and tells whether all of it ended as it must. */
export async function runDemo({ state, json, print }: DemoOptions): Promise<boolean> {
  let ahead = 0; // ms: "three minutes later" moves this clock, nobody waits
  const clock = () => Date.now() + ahead;
  const deployment = await deploy({ state, port: 0, clock });
  try {
    const results = await play(
      deployment,
      clock,
      (seconds) => {
        ahead += seconds * 1000;
      },
      json ? () => {} : print,
    );
    const all = results.flat();
    print(json ? JSON.stringify({ scenarios: all }) : closingLine(all));
    return all.every(({ passed }) => passed);
  } finally {
    await deployment.close();
  }
}

async function play(
  deployment: Deployment,
  clock: () => number,
  wait: (seconds: number) => void,
  print: (line: string) => void,
): Promise<readonly (readonly Result[])[]> {
  const cast = await createCast(deployment, clock);
  const acts = [
    ['Honest traders', honestScenarios(cast)],
    ['Thieves with a DPoP-bound token', stolenTokenScenarios(cast)],
    ['Thieves with a certificate-bound token', stolenCertificateTokenScenarios(cast)],
    ['Orders that are signed, and a hop that changes them', signedOrderScenarios(cast)],
    ['Thieves who want a token of their own', falseClientScenarios(cast)],
    ['A person, her desk, and thieves between them', approvalScenarios(cast, wait)],
    ['Thieves who come too late', tooLateScenarios(cast, wait)],
  ] as const;
  const results: (readonly Result[])[] = [];
  try {
    for (const [title, scenarios] of acts) {
      const ended = await runScenarios(scenarios);
      print(formatTable(title, ended));
      results.push(ended);
    }
    return results;
  } finally {
    await cast.close();
  }
}
