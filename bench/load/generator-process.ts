import { fileURLToPath } from 'node:url';
import type { ClosedLoop, ClosedLoopResult } from './closed-loop.ts';
import type { OpenLoop } from './open-loop.ts';
import type { PlannedRequest } from './planned.ts';
import { startProgram } from './program.ts';
import type { OpenLoopResult } from './when-due.ts';

/** What makes requests, within the generator: a module whose export `plan` is a `Plan`, and what it is told. */
export interface Source {
  /** URL of the module. */
  readonly module: string;
  /** Can go to another process. */
  readonly settings: unknown;
}

/** Makes so many requests that were never sent. Not measured. */
export type Plan<Settings> = (settings: Settings, count: number) => Promise<readonly PlannedRequest[]>;

/** A load generator in a process, and on a core, of its own. It plans first, while nobody measures, and sends then. */
export interface Generator extends AsyncDisposable {
  /** Adds requests to those that it has. */
  plan(source: Source, count: number): Promise<void>;
  /** Keeps its core busy for so long, with nothing that is of use. */
  work(milliseconds: number): Promise<unknown>;
  /** Sends those that were planned first, each once. Rejects when there are too few. */
  openLoop(loop: OpenLoop): Promise<OpenLoopResult>;
  /** The same, as fast as they are answered. */
  closedLoop(loop: ClosedLoop): Promise<ClosedLoopResult>;
}

export type Question =
  | { readonly kind: 'plan'; readonly source: Source; readonly count: number }
  | { readonly kind: 'work'; readonly milliseconds: number }
  | { readonly kind: 'open'; readonly loop: OpenLoop }
  | { readonly kind: 'closed'; readonly loop: ClosedLoop };

const PROGRAM = fileURLToPath(new URL('generator.ts', import.meta.url));

/** `index`: of the server that it loads. */
export function startGenerator(index: number): Generator {
  const program = startProgram(PROGRAM, { role: 'generator', index });
  return {
    plan: (source, count) => program.ask({ kind: 'plan', source, count } satisfies Question),
    work: (milliseconds) => program.ask({ kind: 'work', milliseconds } satisfies Question),
    openLoop: (loop) => program.ask({ kind: 'open', loop } satisfies Question),
    closedLoop: (loop) => program.ask({ kind: 'closed', loop } satisfies Question),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
