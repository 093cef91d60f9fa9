import { parseArgs } from 'node:util';

/** A fault of the person's input, told in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The parts of a run, in the order in which they are measured. */
export const PARTS = ['latency', 'micro', 'load', 'attack', 'soak'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  /** Which parts; without a word of the person all but the soak, and in a quick run no latency either. */
  readonly parts: ReadonlySet<Part>;
  /** Part of the names of what to run. */
  readonly only: string | undefined;
  /** The JWS algorithm whose cases to run, beside those of none. */
  readonly alg: string | undefined;
  /** Seconds that the rounds of each part last. */
  readonly seconds: number | undefined;
  /** How many the soak sends. */
  readonly requests: number;
  /** The report of an earlier run, whose ratios are the measure. */
  readonly compare: string | undefined;
  /** The report of an earlier run, which is shown instead of measuring anew. */
  readonly report: string | undefined;
  /** Folder for the report's files; absent, where a run measures only a part. */
  readonly out: string | undefined;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [options]

  --quick          less of everything, in about a minute; without it some ten minutes
  --only NAME      what has NAME in its name, and what that is compared with
  --alg ALG        what is of this JWS algorithm (ES256, Ed25519, PS256 …) or of none
  --seconds N      how long the rounds of each part last, without setting up
  --json           one JSON object on stdout and nothing else
  --out DIRECTORY  where the report's files go (bench/results, for a run of everything)
  --compare FILE   holds the ratios to those of an earlier report; exits 3 when one got worse beyond the noise
  --report FILE    shows an earlier report, without measuring

  One or more parts alone:
  --micro          one verification, one proof, one token, by CPU time, beside the limit and beside peers
  --latency        how long a request over TLS takes, by fetch alone and by the client's ways
  --load           a venue under load: throughput at saturation, latency below it
  --attack         what honest clients feel while others attack
  --soak           millions of requests through one verifier, and its memory; only when asked for
  --requests N     how many the soak sends (10,000,000)`;

const RESULTS = 'bench/results';

export function readOptions(args: readonly string[]): Options {
  const { seconds, requests, ...values } = parse(args);
  const asked = PARTS.filter((part) => values[part]);
  const { only, alg, report, quick } = values;
  if (values.soak && (only ?? alg) !== undefined) throw new UsageError('--soak: neither with --only nor with --alg');
  const isWhole = asked.length === 0 && only === undefined && alg === undefined && report === undefined;
  return {
    ...values,
    parts: new Set(asked.length > 0 ? asked : byItself(quick)),
    seconds: seconds === undefined ? undefined : readNumber('seconds', seconds),
    requests: Math.floor(readNumber('requests', requests)),
    out: values.out ?? (isWhole ? RESULTS : undefined),
  };
}

function byItself(quick: boolean): Part[] {
  return PARTS.filter((part) => part !== 'soak' && !(quick && part === 'latency'));
}

/** Whether the options ask for something of this name and algorithm. */
export function isChosen({ only, alg }: Pick<Options, 'only' | 'alg'>, of: { name: string; alg?: string }): boolean {
  const isNamed = only === undefined || of.name.toLowerCase().includes(only.toLowerCase());
  return isNamed && (alg === undefined || of.alg === undefined || of.alg.toLowerCase() === alg.toLowerCase());
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ quick: flag, json: flag, micro: flag, latency: flag, load: flag, attack: flag, soak: flag, help: flag },
        ...{ only: text, alg: text, seconds: text, compare: text, report: text, out: text },
        requests: { type: 'string', default: '10000000' },
      },
    });
    const absent = { only: undefined, alg: undefined, seconds: undefined };
    return { ...absent, compare: undefined, report: undefined, out: undefined, ...values };
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
