import { createIssuer, type IssuerRequest, readConfig } from '@holdfast/issuer';
import type { HoldfastError, Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { expect } from 'vitest';
import { ASSERTION_TYPE, assertion, ecKey, type Forgery, ISSUER, MTLS, NOW, proof, traderKey, VENUE } from './forge.ts';

type Fields = Readonly<Record<string, unknown>>;

const signingKey = ecKey();
const proberKey = ecKey();

export const TRADER = {
  client_id: 'trader',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [traderKey.jwk] },
  scope: 'orders:read orders:write',
} as const;

/** Is there in every scene, whatever its clients are: it asks for nonces. */
const PROBER = { ...TRADER, client_id: 'prober', jwks: { keys: [proberKey.jwk] } } as const;

/** A sound configuration, but for the fields that are put over it. */
export function configuration(changes: Fields = {}): Record<string, unknown> {
  return {
    issuer: ISSUER,
    mtls_origin: MTLS,
    signing_keys: [{ ...signingKey.privateJwk, kid: 'issuer-1' }],
    resources: [{ resource: VENUE, scope: 'orders:read orders:write positions:read' }],
    clients: [TRADER],
    ...changes,
  };
}

/** A token request. What is left out is sound, except that nothing authenticates and no proof is there. */
export interface Attempt extends Partial<IssuerRequest> {
  /** Parameters put over grant_type=client_credentials; undefined leaves one out. */
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly assertion?: string;
  readonly proof?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Record<string, unknown>;
  readonly refusal: HoldfastError | undefined;
}

export interface Scene {
  /** Seconds; tests move it. */
  now: number;
  readonly issuer: Awaited<ReturnType<typeof createIssuer>>;
  send(attempt: Attempt): Promise<Answer>;
  /** A nonce of this issuer that is good now. */
  nonce(): Promise<string>;
  /** A request of `trader` that is sound but for the changes of its proof. */
  prove(changes?: Forgery): Promise<Answer>;
  /** A request of `trader` that is sound but for the changes of its assertion. */
  assert(changes?: Forgery): Promise<Answer>;
}

export async function createScene(
  changes: Fields = {},
  store?: Store,
  options: { readonly storeTimeout?: number; readonly fetch?: typeof globalThis.fetch } = {},
): Promise<Scene> {
  const clock = () => scene.now * 1000;
  const { clients, ...sound } = configuration(changes);
  const issuer = await createIssuer({
    config: readConfig({ ...sound, clients: [...(clients as object[]), PROBER] }),
    store: store ?? memoryStore({ clock }),
    clock,
    ...options,
  });
  const scene: Scene = {
    now: NOW,
    issuer,
    send: async (attempt) => {
      const { status, headers, body, refusal } = await issuer.token(tokenRequest(attempt));
      return { status, headers, body: JSON.parse(body) as Record<string, unknown>, refusal };
    },
    async nonce() {
      const payload = { iss: 'prober', sub: 'prober', ...sinceNow() };
      const { headers } = await scene.send({ assertion: assertion({ key: proberKey, payload }), proof: proof() });
      return headers['DPoP-Nonce'] ?? '';
    },
    async prove({ payload = {}, ...rest } = {}) {
      const nonce = await scene.nonce();
      return scene.send({
        assertion: assertion({ payload: sinceNow() }),
        proof: proof({ payload: { nonce, ...payload }, ...rest }),
      });
    },
    async assert(forgery) {
      const nonce = await scene.nonce();
      return scene.send({ assertion: assertion(forgery), proof: proof({ payload: { nonce } }) });
    },
  };
  const sinceNow = () => ({ iat: scene.now, exp: scene.now + 60 });
  return scene;
}

export function tokenRequest({ form = {}, headers = [], ...attempt }: Attempt): IssuerRequest {
  const parameters = {
    grant_type: 'client_credentials',
    ...(attempt.assertion === undefined
      ? {}
      : { client_assertion: attempt.assertion, client_assertion_type: ASSERTION_TYPE }),
    ...form,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { assertion: _, proof: dpop, ...request } = attempt;
  return {
    method: 'POST',
    target: '/token',
    origin: ISSUER,
    headers: [
      ...['Content-Type', 'application/x-www-form-urlencoded'],
      ...(dpop === undefined ? [] : ['DPoP', dpop]),
      ...headers,
    ],
    body: new URLSearchParams(given).toString(),
    ...request,
  };
}

/** That a request was refused in the right words and got nothing. */
export function expectRefusal({ status, body }: Pick<Answer, 'status' | 'body'>, error: string, code?: string): void {
  expect({ status, error: body['error'], ...(code === undefined ? {} : { code: body['code'] }) }).toEqual({
    status: error === 'invalid_client' ? 401 : 400,
    error,
    ...(code === undefined ? {} : { code }),
  });
  expect(body).not.toHaveProperty('access_token');
}

/** That a request got its token. */
export function expectToken({ status, body }: Pick<Answer, 'status' | 'body'>): string {
  expect(body).toHaveProperty('access_token');
  expect(status).toBe(200);
  return String(body['access_token']);
}
