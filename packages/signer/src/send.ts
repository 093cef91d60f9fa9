import type { NonceMemory } from './nonce-memory.ts';
import type { Signer } from './signer.ts';

/** One HTTP request that can be sent again: its body is a value, not a stream. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string | Uint8Array<ArrayBuffer> | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

export interface Sending {
  readonly fetch: typeof globalThis.fetch;
  readonly nonces: NonceMemory;
  /** Left out where the certificate of the connection is the proof (RFC 8705). */
  readonly signer?: Signer | undefined;
  readonly accessToken?: string | undefined;
  /** Whether a response is a nonce challenge; the issuer and resource servers say it differently. */
  isNonceChallenge(response: Response): Promise<boolean> | boolean;
}

/**
 * The line of a client: key + nonce + htu + ath → proof → send → remember nonce → at most one retry.
 * `make` is called for each attempt, so that nothing that is used once (proof, assertion) is sent twice. A challenged
 * request was refused before it was acted on, so an order may be sent again too.
 */
export async function send(make: () => Promise<Request>, sending: Sending): Promise<Response> {
  const response = await attempt(await make(), sending);
  if (sending.signer === undefined || !(await sending.isNonceChallenge(response))) return response;
  await response.body?.cancel();
  return attempt(await make(), sending);
}

async function attempt({ url, method, headers, body, signal }: Request, sending: Sending): Promise<Response> {
  const { fetch, nonces, signer, accessToken } = sending;
  const { origin } = new URL(url);
  const signed = new Headers(headers);
  // RFC 9449 §4.2, §9: a fresh proof for this attempt, with the newest nonce of this very server
  if (signer !== undefined)
    signed.set('DPoP', await signer.proof({ method, url, accessToken, nonce: nonces.get(origin) }));
  // A redirect would carry the token to a URL that the proof does not name: it is handed to the caller instead
  const init = {
    method,
    headers: signed,
    body: body ?? null,
    signal: signal ?? null,
    redirect: 'manual' as const,
  };
  const response = await fetch(url, init);
  nonces.learn(origin, response);
  return response;
}
