import { fileURLToPath } from 'node:url';
import { startProgram } from '../load/program.ts';
import type { FlatOut, FlatOutResult } from './flat-out.ts';

export interface Attackers extends AsyncDisposable {
  /** Connects, and does not begin. */
  prepare(loop: FlatOut): Promise<void>;
  begin(): Promise<void>;
  stop(): Promise<FlatOutResult>;
}

export type Question =
  | { readonly kind: 'prepare'; readonly loop: FlatOut }
  | { readonly kind: 'begin' }
  | { readonly kind: 'stop' };

const PROGRAM = fileURLToPath(new URL('attackers.ts', import.meta.url));

export function startAttackers(): Attackers {
  const program = startProgram(PROGRAM, { role: 'generator', index: 0 });
  return {
    prepare: (loop) => program.ask({ kind: 'prepare', loop } satisfies Question),
    begin: () => program.ask({ kind: 'begin' } satisfies Question),
    stop: () => program.ask({ kind: 'stop' } satisfies Question),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
