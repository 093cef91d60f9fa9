import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A client as the issuer knows it. */
export interface Registered {
  readonly clientId: string;
  /** The public key of its assertions. */
  readonly jwk: object;
}

/** Where clients find everything. */
export interface Facts {
  readonly issuer: string;
  /** Origin of the venue, and what tokens are asked for. */
  readonly resource: string;
  /** Certificate of the authority, PEM. */
  readonly ca: string;
}

export interface ServerProcess extends AsyncDisposable {
  readonly facts: Facts;
}

const PROGRAM = fileURLToPath(new URL('server.ts', import.meta.url));

/** Issuer and venue with a thread of their own, so that what they do is not in the way of the client. */
export async function startServer(clients: readonly Registered[]): Promise<ServerProcess> {
  const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(clients);
  const facts = await Promise.race([answered(child), ended(child)]);
  return {
    facts,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

async function answered(child: ChildProcess): Promise<Facts> {
  const [facts] = (await once(child, 'message')) as [Facts];
  return facts;
}

async function ended(child: ChildProcess): Promise<never> {
  const [status] = (await once(child, 'exit')) as [number | null];
  throw new Error(`the server has ended with ${status}`);
}
