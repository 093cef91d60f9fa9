import { fileURLToPath } from 'node:url';
import type { PrivateJwk } from '@holdfast/proof';
import type { IntrospectionOptions, Jwks, Signatures } from '@holdfast/verifier';
import { type Program, startProgram } from '../program.ts';
import type { Usage } from './usage.ts';

/** What a venue of the bench is made of. Everything in it can go to another process. */
export interface VenueDescription {
  /**
   * `verifier`: as it is meant to be, with the settings that it has by itself. `none`: the same routes and answers for
   * everybody. `raw`: the same, and for each request one signature of ES256 verified that is always the same. `bearer`: the
   * same behind jose's `jwtVerify`, which binds nothing to its sender.
   */
  readonly authentication: 'verifier' | 'bearer' | 'raw' | 'none';
  /** Of the bench's issuer. */
  readonly jwks: Jwks;
  /** Left out: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientAuthorities?: string };
  /** What placing orders needs. */
  readonly signatures?: Signatures;
  readonly introspection?: Pick<IntrospectionOptions, 'endpoint' | 'clientId' | 'ttl'> & {
    /** By which the venue shows itself to the issuer (private_key_jwt, ES256). */
    readonly privateJwk: PrivateJwk;
    /** Certificate of the authority of the issuer's server, PEM. */
    readonly ca: string;
  };
}

export type Question =
  | { readonly kind: 'serve'; readonly venue: VenueDescription }
  | { readonly kind: 'usage' }
  | { readonly kind: 'verify'; readonly alg: string; readonly milliseconds: number };

/** A venue in a process of its own. */
export interface VenueServer extends AsyncDisposable {
  /** Where it listens: what proofs are made for. */
  readonly origin: string;
  usage(): Promise<Usage>;
  /** µs by CPU and by the wall of one signature's verification by `node:crypto` alone, in the server's process. */
  rawVerification(alg: string, milliseconds: number): Promise<RawVerification>;
}

export interface RawVerification {
  readonly cpu: number;
  readonly wall: number;
}

const PROGRAM = fileURLToPath(new URL('main.ts', import.meta.url));

/** `index`: of the servers that work side by side. */
export async function startVenueServer(venue: VenueDescription, index: number): Promise<VenueServer> {
  const program: Program = startProgram(PROGRAM, { role: 'server', index });
  try {
    const origin = await program.ask<string>({ kind: 'serve', venue } satisfies Question);
    return {
      origin,
      usage: () => program.ask({ kind: 'usage' } satisfies Question),
      rawVerification: (alg, milliseconds) => program.ask({ kind: 'verify', alg, milliseconds } satisfies Question),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  } catch (thrown) {
    await program[Symbol.asyncDispose]();
    throw thrown;
  }
}
