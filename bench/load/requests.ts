/** Good requests of the bench's own clients, as a generator's source: each with a proof of its own and a current nonce. */
import { createPrivateKey } from 'node:crypto';
import { type Algorithm, algorithms, type ProofKey, seconds, signRequest } from '@holdfast/proof';
import { createSigner, importKey, type PrivateJwk, type Signer } from '@holdfast/signer';
import { Agent, request } from 'undici';
import type { Plan, Source } from './generator-process.ts';
import type { PlannedRequest } from './planned.ts';
import type { Sender } from './senders.ts';

export interface RequestSettings {
  /** Of the server: what proofs are for, and who tells the nonce. */
  readonly origin: string;
  /** Certificate of its authority, PEM. */
  readonly ca?: string;
  /** In turns. None: requests of nobody. */
  readonly senders: readonly Sender[];
  /** `read`: GET /orders, an empty list. `order`: POST /orders, an order that ends at once. `signed`: the same, signed. */
  readonly kind: 'read' | 'order' | 'signed';
}

export function requestsOf(settings: RequestSettings): Source {
  return { module: import.meta.url, settings };
}

interface Ready {
  readonly token: string;
  readonly prover?: { readonly key: ProofKey; readonly signer: Signer };
}

const PATH = '/orders';
const ORDER = { instrument: 'ACME', side: 'buy', type: 'limit', timeInForce: 'IOC', quantity: 100, price: '101.25' };
const AT_ONCE = 64; // under way: enough for the threads that sign

export const plan: Plan<RequestSettings> = async (settings, count) => {
  const senders = await Promise.all(settings.senders.map(prepare));
  const nonce = senders.some(({ prover }) => prover !== undefined) ? await nonceOf(settings) : undefined;
  const planned: PlannedRequest[] = [];
  while (planned.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - planned.length) }, (_, i) => planned.length + i);
    planned.push(...(await Promise.all(some.map((i) => planOne(settings, senders[i % senders.length], nonce, i)))));
  }
  return planned;
};

const prepared = new Map<string, Promise<Ready>>();

function prepare(sender: Sender): Promise<Ready> {
  const made = prepared.get(sender.token) ?? readSender(sender);
  prepared.set(sender.token, made);
  return made;
}

async function readSender({ token, key: given }: Sender): Promise<Ready> {
  if (given === undefined) return { token };
  const key = await importKey(signingKey(given.alg, given.privateJwk), given.alg);
  return { token, prover: { key, signer: createSigner({ key, allowLoopbackHttp: true, mostPerSecond: 1_000_000 }) } };
}

/** What takes long to sign is signed on all cores, which Web Cryptography does; the rest is done sooner here. */
function signingKey(alg: Algorithm, jwk: PrivateJwk) {
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  if (alg === 'ES256' || alg === 'Ed25519') return key;
  return key.toCryptoKey({ hash: `SHA-${alg.slice(2)}`, ...algorithms[alg].subtle }, true, ['sign']);
}

/** RFC 9449 §9: whoever comes without a nonce is told the current one. */
async function nonceOf({ origin, ca }: RequestSettings): Promise<string> {
  const dispatcher = new Agent(ca === undefined ? {} : { connect: { ca } });
  try {
    const { headers, body } = await request(origin + PATH, { dispatcher });
    await body.dump();
    const { 'dpop-nonce': nonce } = headers;
    if (typeof nonce !== 'string') throw new Error('the server hands out no nonce');
    return nonce;
  } finally {
    await dispatcher.close();
  }
}

async function planOne(
  { origin, kind }: RequestSettings,
  sender: Ready | undefined,
  nonce: string | undefined,
  i: number,
): Promise<PlannedRequest> {
  const [method, path, url] = [kind === 'read' ? 'GET' : 'POST', PATH, origin + PATH];
  const headers = { ...(await credentials(sender, { method, url, nonce })) };
  if (kind === 'read') return { method, path, headers };
  const body = JSON.stringify({ ...ORDER, clientOrderId: `order-${i}` });
  const fields = { ...headers, 'content-type': 'application/json' };
  if (kind === 'order' || sender?.prover === undefined) return { method, path, headers: fields, body };
  const { key } = sender.prover;
  const message = { method, targetUri: url, headers: Object.entries(fields).flat(), content: Buffer.from(body) };
  return {
    method,
    path,
    headers: { ...fields, ...(await signRequest(message, { key, created: seconds(Date.now) })) },
    body,
  };
}

async function credentials(
  sender: Ready | undefined,
  { method, url, nonce }: { method: string; url: string; nonce: string | undefined },
): Promise<Record<string, string>> {
  if (sender === undefined) return {};
  const { token, prover } = sender;
  if (prover === undefined) return { authorization: `Bearer ${token}` };
  const dpop = await prover.signer.proof({ method, url, accessToken: token, nonce });
  return { authorization: `DPoP ${token}`, dpop };
}
