import { parseArgs } from 'node:util';

/** A fault of the person's input, told in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  /** Part of the names of the cases to run. */
  readonly only: string | undefined;
  /** Seconds that the rounds last, of the cases or with `latency` of the requests. */
  readonly seconds: number | undefined;
  readonly soak: boolean;
  readonly latency: boolean;
  /** How many the soak sends. */
  readonly requests: number;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [options]

  --quick        about a minute, and no latency; without it some five minutes
  --only NAME    the cases with NAME in their name, and what they are compared with
  --seconds N    how long the rounds last, without setting up
  --json         one JSON object on stdout and nothing else
  --latency      instead: how long a request over TLS takes, by fetch alone and by the client's ways
  --soak         instead: millions of requests through one verifier, and its memory
  --requests N   how many the soak sends (10,000,000)`;

export function readOptions(args: readonly string[]): Options {
  const { quick, json, only, seconds, soak, latency, requests, help } = parse(args);
  if ([soak, latency, only !== undefined].filter(Boolean).length > 1) {
    throw new UsageError('--soak, --latency, --only: one of them');
  }
  return {
    quick,
    json,
    only,
    soak,
    latency,
    help,
    seconds: seconds === undefined ? undefined : readNumber('seconds', seconds),
    requests: Math.floor(readNumber('requests', requests)),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        only: { type: 'string' },
        seconds: { type: 'string' },
        soak: { type: 'boolean', default: false },
        latency: { type: 'boolean', default: false },
        requests: { type: 'string', default: '10000000' },
        help: { type: 'boolean', default: false },
      },
    });
    return { only: undefined, seconds: undefined, ...values };
  } catch (thrown) {
    const [sentence = ''] = thrown instanceof Error ? thrown.message.split('. ') : [];
    throw new UsageError(`${sentence}; see npm run bench -- --help`);
  }
}

function readNumber(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new UsageError(`--${option}: a number above zero`);
  return value;
}
