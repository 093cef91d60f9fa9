import { fileURLToPath } from 'node:url';
import type { Jwks } from '@holdfast/verifier';
import { startProgram } from '../load/program.ts';
import type { Usage } from '../load/server/usage.ts';

export interface AttackedVenue extends AsyncDisposable {
  readonly origin: string;
  usage(): Promise<AttackedUsage>;
}

export interface AttackedUsage extends Usage {
  /** How often it has asked its issuer for something. */
  readonly asked: number;
}

export type Question = { readonly kind: 'serve'; readonly jwks: Jwks } | { readonly kind: 'usage' };

const PROGRAM = fileURLToPath(new URL('venue.ts', import.meta.url));

/** `jwks`: what its issuer answers when it asks for keys. */
export async function startAttackedVenue(jwks: Jwks): Promise<AttackedVenue> {
  const program = startProgram(PROGRAM, { role: 'server', index: 0 });
  return {
    origin: await program.ask<string>({ kind: 'serve', jwks } satisfies Question),
    usage: () => program.ask({ kind: 'usage' } satisfies Question),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
