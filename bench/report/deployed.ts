import type { Deployed, DeployedRate } from '../deployed/deployed.ts';
import type { OpenLoopResult } from '../load/when-due.ts';
import { align } from './align.ts';
import { number } from './comparison.ts';

const HEAD = ['requests a second', '', 'p50 ms', 'p99', 'p99.9', 'worst', 'answered', 'otherwise'];
const RIGHT = new Set([0, 2, 3, 4, 5, 6]);

/** What clients of a deployed server feel, at each rate. */
export function deployedLines({ url, client, binding, alg, rates }: Deployed): string[] {
  const how = binding === 'mtls' ? 'its certificate' : `DPoP by ${alg}`;
  return [
    `GET ${url} as ${client}, with ${how}, from this machine`,
    '',
    ...align([HEAD, ...rates.flatMap(rows)], RIGHT),
    '',
    'each request is timed from when it was due; refused: without a token, which the server answers with 401',
    ...(rates.some(isBehind)
      ? ['this machine was late to send: give it fewer requests a second, or less else to do']
      : []),
  ];
}

function rows({ rate, refused, authorized }: DeployedRate): string[][] {
  return [
    [String(rate), 'refused', ...cells(refused)],
    ['', 'authorized', ...cells(authorized)],
  ];
}

function cells({ p50, p99, p999, worst, requests, failed, failures }: OpenLoopResult): string[] {
  const times = [p50, p99, p999, worst].map((micros) => number(micros / 1000));
  return [...times, `${requests - failed} of ${requests}`, told(failures)];
}

const told = (failures: OpenLoopResult['failures']) =>
  Object.entries(failures)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ');

const isBehind = ({ refused, authorized }: DeployedRate) => refused.isBehind || authorized.isBehind;
