import { type SignedRequest, seconds } from '@holdfast/proof';
import { unlessAborted } from './abort.ts';
import type { ClockSkews } from './clock-skew.ts';
import { publish } from './events.ts';
import { type MessageSigner, unsigned } from './messages/message-signer.ts';
import type { ResourceKeys } from './messages/resource-keys.ts';
import { checkedResponse } from './messages/response-check.ts';
import type { NonceMemory } from './nonce-memory.ts';
import type { Signer } from './signer.ts';

/** Field values by their names. */
export type Fields = Readonly<Record<string, string>>;

/** One HTTP request that can be sent again: its body is a value, not a stream. */
export interface Request {
  readonly url: string;
  readonly origin: string;
  readonly method: string;
  /** By names in lower case. */
  readonly fields: Fields;
  readonly body?: string | Uint8Array<ArrayBuffer> | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
  /** Whether it may be sent again also when nobody said that it was not acted on. */
  readonly isRepeatable: boolean;
}

export interface Sending {
  readonly fetch: typeof globalThis.fetch;
  readonly nonces: NonceMemory;
  readonly skews: ClockSkews;
  /** Left out where the certificate of the connection is the proof (RFC 8705). */
  readonly signer?: Signer | undefined;
  readonly accessToken?: string | undefined;
  /** Given: the request is signed, and its answer has to be signed by one of the keys, where there are any. */
  readonly messages?: { readonly signer: MessageSigner; readonly keys: ResourceKeys | undefined } | undefined;
  /** Is told every response, before it is known whether it can be believed. */
  heard?(response: Response): void;
  /** Whether a response is a nonce challenge; the issuer and resource servers say it differently. */
  isNonceChallenge(response: Response): Promise<boolean> | boolean;
  /** Whether a response refuses a time that the request states. */
  refusesTime(response: Response): Promise<boolean> | boolean;
}

/**
 * The line of a client: key + nonce + htu + ath → proof → send → remember nonce → at most one retry.
 * `make` is called for each attempt, so that nothing that is used once (proof, assertion) is sent twice. A challenged
 * request was refused before it was acted on, so an order may be sent again too.
 */
export async function send(make: () => Promise<Request>, sending: Sending): Promise<Response> {
  const first = await attempt(await make(), sending);
  if (!first.isWorthRepeating) return first.response;
  await first.response.body?.cancel();
  return (await attempt(await make(), sending)).response;
}

interface Attempt {
  readonly response: Response;
  readonly isWorthRepeating: boolean;
}

async function attempt(request: Request, sending: Sending): Promise<Attempt> {
  const { origin, signal } = request;
  const { nonces, signer, messages } = sending;
  // An order whose answer nobody could believe is not sent
  if (messages?.keys !== undefined) await unlessAborted(messages.keys.prepare(origin), signal);
  const turn = signer && (await nonces.begin(origin, signal));
  try {
    // A key elsewhere may take its time
    const { fields, message } = await unlessAborted(sign(request, turn?.nonce, sending), signal);
    const response = await transmit(request, fields, sending);
    sending.heard?.(response);
    const isChallenge = turn !== undefined && (await sending.isNonceChallenge(response));
    turn?.answered(response, isChallenge);
    const { answer, isCorrected } = await believe(response, message, request, sending);
    if (isChallenge) publish({ event: 'nonce_challenge', origin });
    return { response: answer, isWorthRepeating: isChallenge || (isCorrected && request.isRepeatable) };
  } finally {
    turn?.failed();
  }
}

interface Signed {
  readonly fields: Fields;
  /** What a signed answer has to refer to. */
  readonly message?: SignedRequest;
}

async function sign(request: Request, nonce: string | undefined, sending: Sending): Promise<Signed> {
  const { url, origin, method, body } = request;
  const { signer, skews, accessToken, messages } = sending;
  const clock = skews.clockOf(origin);
  // RFC 9449 §4.2, §9: a fresh proof for this attempt, with the newest nonce of this very server, by its clock
  const dpop = signer && (await signer.proof({ method, url, accessToken, nonce, clock }));
  const proven = dpop === undefined ? request.fields : { ...request.fields, dpop };
  if (messages === undefined || accessToken === undefined) return { fields: proven };
  // FAPI 2.0 HTTP Signatures §5.3.1.1: last, over everything else
  const content = body ?? undefined;
  const made = { method, url, fields: proven, accessToken, content, created: seconds(clock) };
  const { fields, request: message } = await messages.signer.sign(made);
  // RFC 9530 §2: a digest is over the content as it was sent, which fetch unpacks before anybody sees it
  const unpacked = messages.keys === undefined ? {} : { 'accept-encoding': 'identity' };
  return { fields: { ...unsigned(proven), ...unpacked, ...fields }, message };
}

/** A redirect would carry the token to a URL that the proof does not name: it is handed to the caller instead. */
function transmit({ url, method, body, signal }: Request, fields: Fields, { fetch }: Sending): Promise<Response> {
  return fetch(url, { method, headers: fields, body: body ?? null, signal: signal ?? null, redirect: 'manual' });
}

interface Believed {
  readonly answer: Response;
  /** RFC 9449 §11.1: our clock was at fault, and is right now. */
  readonly isCorrected: boolean;
}

/** The response, checked where it has to be signed, and what it says about the time. */
async function believe(
  response: Response,
  message: SignedRequest | undefined,
  { origin, signal }: Request,
  { skews, messages, refusesTime }: Sending,
): Promise<Believed> {
  const keys = messages?.keys;
  if (message === undefined || keys === undefined)
    return { answer: response, isCorrected: (await refusesTime(response)) && skews.learn(origin, response) };
  const arrived = seconds(skews.ours);
  const asked = { origin, request: message, arrived, mostSkew: skews.most };
  const { response: answer, created } = await unlessAborted(checkedResponse(response, asked, keys), signal);
  const isMoved = skews.learnSigned(origin, { created, arrived, isRefusal: answer.status === 401 });
  return { answer, isCorrected: isMoved && (await refusesTime(answer)) };
}
