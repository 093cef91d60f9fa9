import type { Confirmation, HttpMessage } from '@holdfast/proof';
import type { Scene } from '../../../scene/scene.ts';
import type { Case, Prepare } from '../../case.ts';
import { inFlight } from '../../in-flight.ts';

/** What is measured beside our verifier, driven through its public interface. */
export interface Peer<Input = unknown> {
  /** So many good requests that were never sent, as a server receives them. The last field ends with a signature. */
  messages(count: number): Promise<readonly HttpMessage[]>;
  /** What the server in front of it makes of a request. Not measured: it is done before a slice begins. */
  receive(message: HttpMessage): Input | Promise<Input>;
  /** Settles when the request is accepted, and rejects when it is refused. This is what is measured. */
  check(input: Input): Promise<unknown>;
  /** Forgets the requests of earlier slices, where what they leave behind would make the next ones dearer. */
  restart?(): void;
}

/** One that verifies DPoP. With its tokens and nonces, requests can be made that it is not measured with. */
export interface DpopPeer<Input = unknown> extends Peer<Input> {
  /** An access token in the form that it takes. */
  token(confirmation: Confirmation): Promise<string>;
  /**
   * The nonce that its proofs have, where they have one. A peer that binds its nonces, and so tells one only in answer to a
   * request that is good without, has that request made.
   */
  nonce(withoutNonce: () => Promise<HttpMessage>): Promise<string | undefined> | string;
}

/** Opens a peer on the requests that our own verifier is measured with, as far as it takes them. */
export type OpenPeer = (scene: Scene) => Promise<DpopPeer>;

/** A case that measures a peer with so many requests in flight, once it has shown that it verifies. */
export function peerCase(of: Omit<Case, 'open'>, limit: number, open: () => Promise<Peer>): Case {
  return {
    ...of,
    async open() {
      const peer = await open();
      await showItVerifies(of.name, peer);
      return preparing(peer, limit);
    },
  };
}

function preparing(peer: Peer, limit: number): Prepare {
  return async (count) => {
    peer.restart?.();
    const inputs: unknown[] = [];
    for (const message of await peer.messages(count)) inputs.push(await peer.receive(message));
    return () => inFlight(inputs, limit, (input) => peer.check(input));
  };
}

/** Throws unless it accepts a good request and refuses an altered one: its figure would mean nothing. */
async function showItVerifies(name: string, peer: Peer): Promise<void> {
  const [good, other] = await peer.messages(2);
  if (good === undefined || other === undefined) throw new Error(`${name}: no requests`);
  await peer.check(await peer.receive(good));
  const altered = await peer.receive(withAlteredSignature(other));
  const [outcome] = await Promise.allSettled([peer.check(altered)]);
  if (outcome.status === 'fulfilled') throw new Error(`${name}: accepts a signature that does not verify`);
}

/** The same request, with another character within its signature. */
function withAlteredSignature(message: HttpMessage): HttpMessage {
  const signed = message.headers.at(-1) ?? '';
  const at = signed.length - 20;
  const altered = signed.slice(0, at) + (signed[at] === '0' ? '1' : '0') + signed.slice(at + 1);
  return { ...message, headers: [...message.headers.slice(0, -1), altered] };
}
