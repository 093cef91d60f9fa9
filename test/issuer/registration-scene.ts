import { hash } from 'node:crypto';
import { givenKeys, type IssuerRequest, type Registration, readConfig } from '@holdfast/issuer';
import type { Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { expect } from 'vitest';
import { createRegistration } from '../../packages/issuer/src/registration/registration.ts';
import { ISSUER, NOW, traderKey } from './forge.ts';
import { configuration } from './scene.ts';

type Fields = Readonly<Record<string, unknown>>;

export const INITIAL = 'an-initial-access-token-of-the-operator';
export const REGISTER = '/register';

/** What a client that registers for the grant for machines sends. */
export const MACHINE = {
  token_endpoint_auth_method: 'private_key_jwt',
  grant_types: ['client_credentials'],
  jwks: { keys: [traderKey.jwk] },
} as const;

/** … and one for people. */
export const DESK = {
  token_endpoint_auth_method: 'private_key_jwt',
  redirect_uris: ['https://desk.example/callback'],
  jwks: { keys: [traderKey.jwk] },
} as const;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A client as its registration was answered. */
export interface Registered {
  readonly clientId: string;
  readonly token: string;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RegistrationSceneOptions {
  readonly store?: Store;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: () => number;
  /** Put over the `registration` of the configuration. */
  readonly policy?: Fields;
  /** Put over the configuration. */
  readonly config?: Fields;
  readonly tell?: (event: { readonly event: string }) => void;
}

export interface RegistrationScene {
  readonly registration: Registration;
  /** Events, in their order. */
  readonly told: object[];
  /** POST with the initial access token, but for the changes. */
  register(body: unknown, changes?: Partial<IssuerRequest>): Promise<Answer>;
  /** A registration that must succeed. */
  registered(body?: Fields): Promise<Registered>;
  manage(method: string, client: Pick<Registered, 'url' | 'token'>, body?: unknown): Promise<Answer>;
  send(endpoint: 'register' | 'manage', request: Partial<IssuerRequest>): Promise<Answer>;
}

export function registrationScene(options: RegistrationSceneOptions = {}): RegistrationScene {
  const { clock = () => NOW * 1000, policy = {}, fetch, tell } = options;
  const told: object[] = [];
  const config = registrationConfig(policy, options.config);
  const registration = createRegistration({
    config,
    keys: givenKeys(config.signing_keys ?? []),
    store: options.store ?? memoryStore({ clock }),
    clock,
    events: {
      tell(event) {
        tell?.(event);
        told.push(event);
      },
    },
    fetch,
  });
  const scene: RegistrationScene = {
    registration,
    told,
    register: (body, changes = {}) =>
      scene.send('register', { headers: fields(INITIAL), body: JSON.stringify(body), ...changes }),
    async registered(body = MACHINE) {
      const answer = await scene.register(body);
      expect(answer).toMatchObject({ status: 201 });
      const { client_id: clientId, registration_access_token: token, registration_client_uri: url } = answer.body;
      return { clientId: String(clientId), token: String(token), url: String(url), body: answer.body };
    },
    manage: (method, { url, token }, body) =>
      scene.send('manage', {
        method,
        target: new URL(url).pathname,
        headers: fields(token),
        body: body === undefined ? '' : JSON.stringify(body),
      }),
    async send(endpoint, request) {
      const sent = { method: 'POST', target: REGISTER, origin: ISSUER, headers: [], body: '', ...request };
      const { status, headers, body } = await registration[endpoint](sent);
      return { status, headers, text: body, body: body === '' ? {} : (JSON.parse(body) as Fields) };
    },
  };
  return scene;
}

export function registrationConfig(policy: Fields = {}, config: Fields = {}) {
  return readConfig({
    ...configuration(config),
    registration: {
      initial_access_token_hashes: [hash('sha256', 'another', 'base64url'), hash('sha256', INITIAL, 'base64url')],
      scope: 'orders:read positions:read',
      ...policy,
    },
  });
}

/** The header fields of a request with a token and a JSON body. */
export function fields(token: string): string[] {
  return ['Authorization', `Bearer ${token}`, 'Content-Type', 'application/json'];
}

/** What is replaced by PUT: all that a registration was answered, but for what only the issuer says. */
export function replaceable({ body }: Registered): Record<string, unknown> {
  const { registration_access_token: _token, registration_client_uri: _uri, client_id_issued_at: _at, ...rest } = body;
  return rest;
}
