import { type SignedRequest, seconds } from '@holdfast/proof';
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
  const { nonces, signer, messages, skews } = sending;
  const turn = signer && (await nonces.begin(origin, signal));
  try {
    const { fields, message } = await sign(request, turn?.nonce, sending);
    const response = await transmit(request, fields, sending);
    const isChallenge = turn !== undefined && (await sending.isNonceChallenge(response));
    turn?.answered(response, isChallenge);
    const asked = message && { origin, request: message, now: seconds(skews.clockOf(origin)) };
    const answer = asked && messages?.keys ? await checkedResponse(response, asked, messages.keys) : response;
    if (!isChallenge) return await judge(answer, request, sending);
    publish({ event: 'nonce_challenge', origin });
    return { response: answer, isWorthRepeating: true };
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

/** RFC 9449 §11.1: whether our clock was at fault, and is right now. */
async function judge(response: Response, request: Request, { skews, refusesTime }: Sending): Promise<Attempt> {
  const isCorrected = (await refusesTime(response)) && skews.learn(request.origin, response);
  return { response, isWorthRepeating: isCorrected && request.isRepeatable };
}
