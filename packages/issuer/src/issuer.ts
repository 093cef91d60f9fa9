import { hash } from 'node:crypto';
import {
  asRefusal,
  boundedReplay,
  type Clock,
  createNonces,
  FAPI_ALGORITHMS,
  reserve,
  reserveJti,
  type Store,
  seconds,
} from '@holdfast/proof';
import { type AuthenticatedClient, authenticateClient } from './authenticate-client.ts';
import { createClients } from './client.ts';
import type { IssuerConfig } from './config.ts';
import { type IssuerRequest, readForm } from './form.ts';
import { redeemGrant } from './grant.ts';
import { issuerMetadata } from './metadata.ts';
import { createMint } from './mint.ts';
import { failure, methodNotAllowed, publicDocument, type Reply, success } from './reply.ts';
import { bind, checkSender, type Sender } from './sender.ts';

export interface IssuerOptions {
  /** As `readConfig` checked it. */
  readonly config: IssuerConfig;
  /** Where used proofs and assertions are remembered. */
  readonly store: Store;
  /** Milliseconds to wait for the store. Default 2000. */
  readonly storeTimeout?: number;
  readonly clock?: Clock;
}

/** The endpoints of an authorization server, as functions from a plain request to a plain reply. They never throw. */
export interface Issuer {
  readonly config: IssuerConfig;
  /** RFC 8414 §3. */
  metadata(): Reply;
  /** RFC 7517 §5. */
  jwks(): Reply;
  /** RFC 6749 §3.2. */
  token(request: IssuerRequest): Promise<Reply>;
}

/** An authorization server that gives no token that is not bound to its sender. */
export async function createIssuer({
  config,
  store,
  storeTimeout = 2000,
  clock = Date.now,
}: IssuerOptions): Promise<Issuer> {
  const { issuer, resources, access_token_lifetime: lifetime } = config;
  const clients = createClients(config.clients);
  const mint = createMint(issuer, config.signing_keys);
  const replay = boundedReplay(store, { clock, timeout: storeTimeout });
  const nonces = config.dpop_nonce === 'off' ? undefined : createNonces({ clock, server: `issuer ${config.issuer}` });
  const algorithms: ReadonlySet<string> = new Set(FAPI_ALGORITHMS);
  const metadata = publicDocument(issuerMetadata(config));
  const jwks = publicDocument(mint.jwks);

  /** The line from token request to token. What is used once is used up only when everything else has passed. */
  async function issue(request: IssuerRequest): Promise<Reply> {
    const now = seconds(clock);
    const form = readForm(request);
    // RFC 7523 §3, RFC 8705 §2: who asks
    const authenticated = await authenticateClient(request, form, clients, { issuer, now });
    const { client } = authenticated;
    // RFC 9449 §5, RFC 8705 §3: what the sender holds
    const sender = checkSender(request, { algorithms, nonces, now });
    // RFC 6749 §4.4, RFC 8707: what the token will allow
    const grant = redeemGrant(form, client, resources);
    // FAPI 2.0 §5.3.2.1: whom it will serve, and nobody else
    const confirmation = bind(client, sender);
    await useUp(authenticated, sender);
    // RFC 9068 §2
    const token = await mint.mint({
      grant,
      clientId: client.clientId,
      confirmation,
      issuedAt: now,
      expiresAt: now + lifetime,
    });
    const response = {
      access_token: token,
      token_type: confirmation.jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: lifetime,
      scope: grant.scope.join(' '),
    };
    return success(response, sender.proof === undefined ? undefined : nonces?.current());
  }

  // RFC 9449 §11.1, OIDC Core §9: proof and assertion are good once
  async function useUp({ client, assertion }: AuthenticatedClient, { proof }: Sender): Promise<void> {
    if (proof !== undefined) await reserveJti(replay, proof);
    if (assertion === undefined) return;
    const key = hash('sha256', `assertion\n${client.clientId}\n${assertion.jti}`, 'base64url');
    await reserve(replay, key, assertion.acceptableUntil, 'assertion_replayed');
  }

  const endpoints: Omit<Issuer, 'config'> = {
    metadata: () => metadata,
    jwks: () => jwks,
    async token(request) {
      if (request.method !== 'POST') return methodNotAllowed();
      try {
        return await issue(request);
      } catch (thrown) {
        return failure(asRefusal(thrown), nonces);
      }
    },
  };
  // Not enumerable: it holds the signing keys, which nobody who prints or serialises an issuer wants to see
  return Object.defineProperty(endpoints, 'config', { value: config }) as Issuer;
}
