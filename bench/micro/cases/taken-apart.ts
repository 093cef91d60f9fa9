import {
  ath,
  type BoundedCache,
  boundedReplay,
  type CheckedProof,
  type Confirmation,
  checkProof,
  createBoundedCache,
  createNonces,
  createSenderKeyCache,
  type Expected,
  FAPI_ALGORITHMS,
  type HttpMessage,
  type Nonces,
  proofField,
  type ReplayStore,
  readCredential,
  readProof,
  reserveJti,
  type SenderKeyCache,
  seconds,
  targetPath,
  verifyProof,
} from '@holdfast/proof';
import { createReplayTable } from '@holdfast/verifier';
import type { Client } from '../../scene/client.ts';
import { asReceived, ORIGIN } from '../../scene/request.ts';
import { goodRequest, type Scene } from '../../scene/scene.ts';
import { at } from './signed-pool.ts';

/** What a verifier has that knows these clients, taken apart, so that each step of its line can be measured by itself. */
export interface TakenApart {
  readonly algorithms: ReadonlySet<string>;
  readonly nonces: Nonces;
  readonly senderKeys: SenderKeyCache;
  /** As the verifier's own cache of tokens: it is built on the same one. */
  readonly tokens: BoundedCache<KnownToken>;
  readonly replay: ReplayStore;
  /** So many good requests in new strings. Only `reserve` remembers one, and that takes a new jti. */
  requests(count: number): HttpMessage[];
}

interface KnownToken {
  readonly confirmation: Confirmation;
  readonly ath: string;
}

const DAY = 86_400; // seconds, between two nonces: requests are made once
const KEPT = { maxEntries: 20_000, maxKeyBytes: 32 * 1024 * 1024 };

export async function takeApart({ clients }: Scene): Promise<TakenApart> {
  const nonces = createNonces({ clock: Date.now, server: `resource ${ORIGIN}`, step: DAY });
  const signed = await Promise.all(clients.map((client) => goodRequest(client, nonces.current())));
  const parts: TakenApart = {
    algorithms: new Set(FAPI_ALGORITHMS),
    nonces,
    senderKeys: createSenderKeyCache(),
    tokens: createBoundedCache<KnownToken>(KEPT),
    replay: boundedReplay(createReplayTable({ clock: Date.now }), { clock: Date.now, timeout: 2000 }),
    requests: (count) => Array.from({ length: count }, (_, i) => anew(at(signed, i))),
  };
  for (const client of clients) keepToken(parts, client);
  for (const request of signed) await keepKey(parts, request);
  return parts;
}

const anew = ({ headers, ...message }: HttpMessage): HttpMessage => ({ ...message, headers: headers.map(asReceived) });

function keepToken({ tokens }: TakenApart, { key, token }: Client): void {
  tokens.keep(token, { confirmation: { jkt: key.jkt }, ath: ath(token) });
}

async function keepKey(parts: TakenApart, request: HttpMessage): Promise<void> {
  const verified = verifyProof(checkedProof(parts, request));
  await reserveJti(parts.replay, verified);
  parts.senderKeys.keep(verified);
}

/** The line up to the signature. */
export function checkedProof(parts: TakenApart, request: HttpMessage): CheckedProof {
  const { token } = readCredential(request, () => true);
  const proof = readProof(proofField(request) ?? '', parts.algorithms, parts.senderKeys);
  return checkProof(proof, expectation(request, parts.tokens.recall(token)?.ath, parts.nonces));
}

/** Without `nonces`, `iat` decides, which takes next to nothing. */
export function expectation(request: HttpMessage, ath: string | undefined, nonces?: Nonces): Expected {
  const htu = ORIGIN + targetPath(request.target, ORIGIN);
  const freshness = { now: seconds(Date.now), maxAge: DAY, skew: 10, nonces };
  return { htm: request.method, htu, ath, freshness };
}
