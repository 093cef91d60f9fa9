import { type Algorithm, FAPI_ALGORITHMS, HoldfastError, type HttpMessage } from '@holdfast/proof';
import { createVerifier, type Verifier } from '@holdfast/verifier';
import { type Client, createClients } from './client.ts';
import { AUDIENCE, createIssuer, ISSUER, type Issuer } from './issuer.ts';
import { anonymousRequest, dpopRequest, METHOD, ORIGIN, URL_CALLED } from './request.ts';

export type Settings = Partial<Parameters<typeof createVerifier>[0]>;

/** One verifier with the settings that it has by itself (nonces required, replay table), and its clients. */
export interface Scene {
  readonly issuer: Issuer;
  readonly verifier: Verifier;
  readonly clients: readonly Client[];
  /** The clients, one after the other without end. */
  nextClient(): Client;
  /** The nonce that the verifier hands out now. */
  nonce(): Promise<string>;
  /** So many good requests that were never sent, of one client after the other. */
  requests(count: number): Promise<HttpMessage[]>;
}

export interface SceneOptions {
  readonly clients: number;
  readonly alg?: Algorithm;
  /** Left out: one whose tokens are JWTs. */
  readonly issuer?: Issuer;
  readonly settings?: Settings;
}

export async function openScene({ clients: count, alg = 'ES256', settings, ...its }: SceneOptions): Promise<Scene> {
  const issuer = its.issuer ?? (await createIssuer());
  const verifier = openVerifier(issuer, alg, settings);
  const clients = await createClients(issuer, alg, count);
  let turn = 0;

  function nextClient(): Client {
    const client = clients[turn % clients.length];
    if (client === undefined) throw new Error('a scene without clients');
    turn += 1;
    return client;
  }

  async function requests(wanted: number): Promise<HttpMessage[]> {
    const nonce = settings?.nonce === 'off' ? undefined : await nonceOf(verifier);
    const made: HttpMessage[] = [];
    for (let i = 0; i < wanted; i += 1) made.push(await goodRequest(nextClient(), nonce));
    return made;
  }

  // Warm: every client has been here once
  for (const request of await requests(count)) await verifier.verify(request);
  return { issuer, verifier, clients, nextClient, requests, nonce: () => nonceOf(verifier) };
}

/** Takes the algorithm of these senders too, where it is none of those that every verifier takes. */
export function openVerifier({ jwks }: Issuer, alg: Algorithm, settings?: Settings): Verifier {
  const algorithms = FAPI_ALGORITHMS.includes(alg) ? {} : { algorithms: [...FAPI_ALGORITHMS, alg] };
  return createVerifier({ issuer: ISSUER, audience: AUDIENCE, origin: ORIGIN, jwks, ...algorithms, ...settings });
}

/** One that was never sent. */
export async function goodRequest(
  { signer, token }: Pick<Client, 'signer' | 'token'>,
  nonce: string | undefined,
): Promise<HttpMessage> {
  const bound = { method: METHOD, url: URL_CALLED, accessToken: token };
  return dpopRequest(token, await signer.proof(nonce === undefined ? bound : { ...bound, nonce }));
}

/** RFC 9449 §9: whoever comes without a nonce is told the current one. */
export async function nonceOf(verifier: Verifier): Promise<string> {
  const [outcome] = await Promise.allSettled([verifier.verify(anonymousRequest())]);
  const refusal: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
  const nonce = refusal instanceof HoldfastError ? refusal.headers['DPoP-Nonce'] : undefined;
  if (nonce === undefined) throw new Error('the verifier hands out no nonce', { cause: refusal });
  return nonce;
}
