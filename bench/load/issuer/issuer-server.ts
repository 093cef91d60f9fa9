import { fileURLToPath } from 'node:url';
import type { PrivateJwk } from '@holdfast/proof';
import type { Jwks } from '@holdfast/verifier';
import type { Certificates } from '../certificates.ts';
import { startProgram } from '../program.ts';
import type { Sender } from '../senders.ts';

/** What the issuer of opaque tokens is told. */
export interface Question {
  readonly tls: Certificates['server'];
  readonly senders: number;
}

/** What it tells. */
export interface IssuerFacts {
  /** Of introspection. */
  readonly endpoint: string;
  readonly jwks: Jwks;
  /** Clients with an opaque token each, bound to their keys. */
  readonly senders: readonly Sender[];
  /** The venue, as it may ask. */
  readonly venue: { readonly clientId: string; readonly privateJwk: PrivateJwk };
}

export interface IssuerServer extends AsyncDisposable {
  readonly facts: IssuerFacts;
}

const PROGRAM = fileURLToPath(new URL('main.ts', import.meta.url));

/** Our issuer in a process of its own: what it costs to answer is on no venue's account. */
export async function startIssuerServer(question: Question): Promise<IssuerServer> {
  const program = startProgram(PROGRAM, { role: 'generator', index: 0 });
  const end = () => program[Symbol.asyncDispose]();
  try {
    return { facts: await program.ask<IssuerFacts>(question), [Symbol.asyncDispose]: end };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}
