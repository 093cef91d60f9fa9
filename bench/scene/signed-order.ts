import {
  ath,
  importPublicJwk,
  type ProofKey,
  type SignedRequest,
  seconds,
  signRequest,
  type VerificationKey,
} from '@holdfast/proof';
import type { Client } from './client.ts';
import { asReceived, METHOD, orderRequest, URL_CALLED } from './request.ts';
import type { Scene } from './scene.ts';

export const SIZE = 1024; // octets of an order, and of its answer

/** An order that was never sent, and who sends it. */
export interface Order {
  readonly client: Client;
  /** With token and proof, without signatures until `signed` adds them. */
  readonly request: SignedRequest;
  readonly content: Buffer;
}

/** So many orders of one client after the other, each with a proof of its own. */
export async function orders({ nextClient, nonce }: Scene, count: number): Promise<Order[]> {
  const current = await nonce();
  const made: Order[] = [];
  for (let i = 0; i < count; i += 1) {
    const client = nextClient();
    const { token: accessToken, signer } = client;
    const proof = await signer.proof({ method: METHOD, url: URL_CALLED, accessToken, nonce: current });
    const { method, headers } = orderRequest(accessToken, proof, SIZE);
    made.push({ client, request: { method, targetUri: URL_CALLED, headers }, content: content(i) });
  }
  return made;
}

/** The same as a server receives it: FAPI 2.0 HTTP Signatures §5.3.1.1. */
export async function signed(order: Order, withEvidence = false): Promise<Order> {
  const { client, request, content } = order;
  const fields = await signRequest({ ...request, content }, { ...signingOf(order, withEvidence), key: client.key });
  return { ...order, request: { ...request, headers: [...request.headers, ...received(fields)] } };
}

/** How its sender signs it, now. */
export function signingOf({ client: { key, token } }: Order, withEvidence: boolean) {
  return { key, created: seconds(Date.now), ...(withEvidence ? { evidence: { ath: ath(token) } } : {}) };
}

/** name, value, name, value … */
export function received(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).flat().map(asReceived);
}

export function verificationKey({ alg, publicJwk, jkt }: ProofKey): VerificationKey {
  return { alg, key: importPublicJwk(publicJwk), keyids: [jkt] };
}

/** JSON, no two of them alike. */
export function content(i: number): Buffer {
  const order = { clientOrderId: `order-${i}`, instrument: 'ACME', side: 'buy', type: 'limit', note: '' };
  const note = 'A'.repeat(SIZE - JSON.stringify(order).length);
  return Buffer.from(JSON.stringify({ ...order, note }));
}
