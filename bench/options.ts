import { join, relative } from 'node:path';
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
  /** Which parts; without a word of the person all but the soak, and in a quick run of everything no latency either. */
  readonly parts: ReadonlySet<Part>;
  /** Part of the names of what to run. */
  readonly only: string | undefined;
  /** The JWS algorithm whose cases to run, beside those of none. */
  readonly alg: string | undefined;
  /** Seconds that the rounds of each part last. */
  readonly seconds: number | undefined;
  /** How many the soak sends. */
  readonly requests: number;
  /** A deployed server to send requests to, instead of measuring anything here. */
  readonly target: Target | undefined;
  /** The report of an earlier run, whose ratios are the measure. */
  readonly compare: string | undefined;
  /** The report of an earlier run, which is shown instead of measuring anew. */
  readonly report: string | undefined;
  /** Folder for the report's files; absent, where a run measures only a part. */
  readonly out: string | undefined;
  readonly help: boolean;
}

export interface Target {
  readonly url: string;
  /** File that says who the issuer and the clients are. */
  readonly deployment: string;
  readonly client: string | undefined;
  /** Requests a second, one after the other. */
  readonly rates: readonly number[];
}

export const USAGE = `npm run bench -- [options]        (npx holdfast bench is the same)

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
  --requests N     how many the soak sends (10,000,000)

npm run bench -- URL [options]

  A deployed server: GET requests to the https URL, authorized and not, timed from when each is due.
  --deployment FILE  issuer and clients, as demo --serve writes them (.holdfast/deployment.json)
  --client ID        one of its clients; may be left out where there is one
  --rate N,N,…       requests a second, one after the other (10,50,100), each for --seconds (5)
  --alg ALG          of the proofs (ES256)`;

/** Of the repository, wherever the person is. */
const RESULTS = relative(process.cwd(), join(import.meta.dirname, 'results')) || '.';
const REQUESTS = 10_000_000;

export function readOptions(args: readonly string[]): Options {
  const { positionals, seconds, requests, deployment, client, rate, ...values } = parse(args);
  const asked = PARTS.filter((part) => values[part]);
  const { only, alg, report, quick } = values;
  if (values.soak && (only ?? alg) !== undefined) throw new UsageError('--soak: neither with --only nor with --alg');
  if (!values.soak && requests !== undefined) throw new UsageError('--requests: only with --soak');
  const target = readTarget(positionals, { deployment, client, rate });
  const isWhole =
    target === undefined && asked.length === 0 && only === undefined && alg === undefined && report === undefined;
  return {
    ...values,
    parts: new Set(asked.length > 0 ? asked : byItself(quick && only === undefined)),
    seconds: seconds === undefined ? undefined : readNumber('seconds', seconds),
    requests: requests === undefined ? REQUESTS : readCount('requests', requests),
    target,
    out: values.out ?? (isWhole ? RESULTS : undefined),
  };
}

function readTarget(
  [url, ...others]: readonly string[],
  given: {
    readonly deployment: string | undefined;
    readonly client: string | undefined;
    readonly rate: string | undefined;
  },
): Target | undefined {
  if (others.length > 0) throw new UsageError(`${others[0]}: one URL, and nothing else beside the options`);
  if (url !== undefined && URL.parse(url)?.protocol !== 'https:') throw new UsageError(`${url}: no https URL`);
  const { deployment = '.holdfast/deployment.json', client, rate = '10,50,100' } = given;
  if (url !== undefined)
    return { url, deployment, client, rates: rate.split(',').map((each) => readNumber('rate', each)) };
  const [stray] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (stray !== undefined) throw new UsageError(`--${stray}: only with the URL of a deployed server`);
  return undefined;
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
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ quick: flag, json: flag, micro: flag, latency: flag, load: flag, attack: flag, soak: flag },
        ...{ only: text, alg: text, seconds: text, compare: text, report: text, out: text, requests: text },
        ...{ deployment: text, client: text, rate: text, help: { ...flag, short: 'h' } },
      },
    });
    refuseEmpty(values);
    const absent = { only: undefined, alg: undefined, seconds: undefined, compare: undefined, report: undefined };
    const noTarget = { deployment: undefined, client: undefined, rate: undefined };
    return { ...absent, ...noTarget, out: undefined, requests: undefined, ...values, positionals };
  } catch (thrown) {
    const [sentence = ''] = thrown instanceof Error ? thrown.message.split(/\.\s/) : [];
    throw new UsageError(`${sentence}; see npm run bench -- --help`);
  }
}

/** An empty text is a variable that is not set, and would be part of every name. */
function refuseEmpty(values: Readonly<Record<string, unknown>>): void {
  const [empty] = Object.entries(values).flatMap(([option, value]) => (value === '' ? [option] : []));
  if (empty !== undefined) throw new UsageError(`--${empty} is empty`);
}

function readNumber(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new UsageError(`--${option}: a number above zero`);
  return value;
}

function readCount(option: string, text: string): number {
  const value = readNumber(option, text);
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${option}: a whole number`);
  return value;
}
