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
  /** Seconds that the rounds last. */
  readonly seconds: number | undefined;
  readonly soak: boolean;
  /** How many the soak sends. */
  readonly requests: number;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [options]

  --quick        about a minute; without it some four minutes
  --only NAME    the cases with NAME in their name, and what they are compared with
  --seconds N    how long the rounds last, without setting up
  --json         one JSON object on stdout and nothing else
  --soak         instead: millions of requests through one verifier, and its memory
  --requests N   how many the soak sends (10,000,000)`;

export function readOptions(args: readonly string[]): Options {
  const { quick, json, only, seconds, soak, requests, help } = parse(args);
  return {
    quick,
    json,
    only,
    soak,
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
