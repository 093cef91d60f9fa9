import { createHash, randomBytes } from 'node:crypto';
import {
  createIssuer,
  type Issuer,
  type IssuerOptions,
  type IssuerRequest,
  type Reply,
  readConfig,
} from '@holdfast/issuer';
import type { Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { expect } from 'vitest';
import { ASSERTION_TYPE, assertion, type Forgery, ISSUER, NOW, proof, thiefKey, traderKey, VENUE } from './forge.ts';
import { configuration } from './scene.ts';

/** A scene with people in it: PAR, pages, codes, refresh tokens; requests and replies as an adapter sees them. */

export const CALLBACK = 'https://desk.example/callback?desk=7';
export const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials'];

export const ORDER_ENTRY = {
  type: 'order_entry',
  resource: VENUE,
  title: 'Place orders',
  labels: { instruments: 'Instruments', sides: 'Sides', maximum_notional: 'At most per order' },
  schema: {
    type: 'object',
    properties: {
      type: { const: 'order_entry' },
      instruments: {
        type: 'array',
        items: { type: 'string', pattern: '^[A-Z]{3}-[A-Z]{3}$' },
        minItems: 1,
        maxItems: 20,
      },
      sides: { type: 'array', items: { enum: ['buy', 'sell'] }, minItems: 1, uniqueItems: true },
      maximum_notional: {
        type: 'object',
        properties: { amount: { type: 'string', pattern: '^[0-9]{1,12}$' }, currency: { enum: ['USD', 'EUR'] } },
        required: ['amount', 'currency'],
      },
    },
    required: ['type', 'instruments', 'sides', 'maximum_notional'],
  },
} as const;

export const ORDER = {
  type: 'order_entry',
  instruments: ['BTC-USD', 'ETH-USD'],
  sides: ['buy', 'sell'],
  maximum_notional: { amount: '1000000', currency: 'USD' },
};

export const DESK = {
  client_id: 'trader',
  client_name: 'Trading desk',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [traderKey.jwk] },
  redirect_uris: [CALLBACK, 'https://desk.example/other'],
  grant_types: GRANTS,
  scope: 'orders:read orders:write offline_access openid',
  authorization_details_types: ['order_entry'],
  dpop_bound_access_tokens: true,
} as const;

export const RIVAL = { ...DESK, client_id: 'rival', jwks: { keys: [thiefKey.jwk] } } as const;

export const PASSWORD = 'correct horse battery staple';
export const VERIFIER = 'a'.repeat(43);
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

export type Fields = Readonly<Record<string, string | undefined>>;

export interface Sent {
  /** Form parameters; undefined leaves one out. */
  readonly form?: Fields;
  readonly client?: 'trader' | 'rival';
  readonly assertion?: string | undefined;
  /** `none` sends none; a forgery changes a good one. */
  readonly proof?: 'none' | string | Forgery;
  readonly headers?: readonly string[];
  readonly request?: Partial<IssuerRequest>;
}

export interface Answer extends Omit<Reply, 'body'> {
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** What a browser keeps. */
export interface Browser {
  readonly cookies: Map<string, string>;
}

export interface People {
  now: number;
  readonly issuer: Issuer;
  /** To an endpoint for clients, authenticated and with a proof unless it says otherwise. */
  send(endpoint: 'push' | 'token' | 'revoke', sent: Sent): Promise<Answer>;
  /** A nonce of the issuer that is good now. */
  nonce(): Promise<string>;
  push(form?: Fields, sent?: Sent): Promise<Answer>;
  /** A request_uri of a sound request. */
  pushed(form?: Fields, sent?: Sent): Promise<string>;
  /** Loads a page, or posts a form of ours. `changes` are put over the request. */
  browse(browser: Browser, target: string, form?: Fields, changes?: Partial<IssuerRequest>): Promise<Answer>;
  /** Opens the front door and follows to the login page. Returns the path of the pages. */
  open(browser: Browser, requestUri: string, clientId?: string): Promise<string>;
  logIn(browser: Browser, path: string, fields?: Fields): Promise<Answer>;
  decide(browser: Browser, path: string, decision: 'approve' | 'deny'): Promise<Answer>;
  /** All of it, up to the code. */
  code(form?: Fields, sent?: Sent): Promise<string>;
  redeem(code: string, form?: Fields, sent?: Sent): Promise<Answer>;
  refresh(token: string, form?: Fields, sent?: Sent): Promise<Answer>;
}

export const browser = (): Browser => ({ cookies: new Map() });

export async function createPeople(
  changes: Readonly<Record<string, unknown>> = {},
  options: Partial<Omit<IssuerOptions, 'config'>> & { readonly store?: Store } = {},
): Promise<People> {
  const clock = () => people.now * 1000;
  const config = readConfig(
    configuration({ clients: [DESK, RIVAL], authorization_details_types: [ORDER_ENTRY], ...changes }),
  );
  const login = {
    check: async (name: string, password: string) =>
      password === PASSWORD ? { sub: `person-${name}`, name } : undefined,
  };
  const issuer = await createIssuer({
    config,
    store: memoryStore({ clock }),
    clock,
    ...(options.externalLogin === undefined ? { login } : {}),
    ...options,
  });
  const keyOf = (client = 'trader') => (client === 'trader' ? traderKey : thiefKey);
  const paths = { push: '/par', token: '/token', revoke: '/revoke' } as const;

  async function proofFor(path: string, given: Sent['proof']): Promise<string[]> {
    if (given === 'none') return [];
    if (typeof given === 'string') return ['DPoP', given];
    const { payload = {}, ...rest } = given ?? {};
    const claims = { htu: ISSUER + path, iat: people.now, nonce: await people.nonce(), ...payload };
    return ['DPoP', proof({ ...rest, payload: claims })];
  }

  const people: People = {
    now: NOW,
    issuer,
    async send(endpoint, { form = {}, client = 'trader', proof: given, headers = [], request = {}, ...sent }) {
      const own = { iss: client, sub: client, iat: people.now, exp: people.now + 60 };
      const asserted = 'assertion' in sent ? sent.assertion : assertion({ key: keyOf(client), payload: own });
      const dpop = endpoint === 'revoke' ? [] : await proofFor(paths[endpoint], given);
      const parameters = {
        ...(asserted === undefined ? {} : { client_assertion: asserted, client_assertion_type: ASSERTION_TYPE }),
        ...form,
      };
      return read(
        await issuer[endpoint]({
          method: 'POST',
          target: paths[endpoint],
          origin: ISSUER,
          headers: ['Content-Type', 'application/x-www-form-urlencoded', ...dpop, ...headers],
          body: encode(parameters),
          ...request,
        }),
      );
    },
    async nonce() {
      const claims = { iss: 'trader', sub: 'trader', iat: people.now, exp: people.now + 60 };
      const { headers } = await people.send('token', {
        form: { grant_type: 'client_credentials' },
        assertion: assertion({ payload: claims }),
        proof: proof({ payload: { iat: people.now } }),
      });
      return headers['DPoP-Nonce'] ?? '';
    },
    push: (form = {}, sent = {}) =>
      people.send('push', {
        ...sent,
        form: {
          response_type: 'code',
          redirect_uri: CALLBACK,
          scope: 'orders:read orders:write',
          state: 'a state',
          code_challenge: CHALLENGE,
          code_challenge_method: 'S256',
          ...form,
        },
      }),
    async pushed(form, sent) {
      const { status, body } = await people.push(form, sent);
      expect({ status, body }).toMatchObject({ status: 201 });
      return String(body['request_uri']);
    },
    async browse({ cookies }, target, form, changes = {}) {
      const [path = ''] = target.replace(ISSUER, '').split('?');
      const request: IssuerRequest = {
        method: form === undefined ? 'GET' : 'POST',
        target: target.replace(ISSUER, ''),
        origin: ISSUER,
        headers: [
          ...(cookies.size === 0 ? [] : ['Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')]),
          ...(form === undefined ? [] : ['Content-Type', 'application/x-www-form-urlencoded', 'Origin', ISSUER]),
        ],
        body: form === undefined ? '' : encode(form),
        address: '192.0.2.1',
        ...changes,
      };
      const { authorization } = issuer;
      const id = path.split('/')[2] ?? '';
      const reply =
        path === '/authorize'
          ? await authorization.authorize(request)
          : form === undefined
            ? await authorization.show(request, id)
            : await authorization.submit(request, id);
      const [cookie] = (reply.headers['Set-Cookie'] ?? '').split(';');
      const [name, value] = (cookie ?? '').split('=');
      if (name !== undefined && value !== undefined) cookies.set(name, value);
      return read(reply);
    },
    async open(its, requestUri, clientId = 'trader') {
      const query = new URLSearchParams({ client_id: clientId, request_uri: requestUri });
      const opened = await people.browse(its, `/authorize?${query}`);
      expect(opened).toMatchObject({ status: 303 });
      return new URL(opened.headers['Location'] ?? '').pathname;
    },
    async logIn(its, path, fields = {}) {
      const { text } = await people.browse(its, path);
      return await people.browse(its, path, { csrf: csrfOf(text), login: 'anna', password: PASSWORD, ...fields });
    },
    async decide(its, path, decision) {
      const { text } = await people.browse(its, path);
      return await people.browse(its, path, { csrf: csrfOf(text), decision });
    },
    async code(form, sent) {
      const its = browser();
      const path = await people.open(its, await people.pushed(form, sent), sent?.client);
      await people.logIn(its, path);
      const { headers } = await people.decide(its, path, 'approve');
      return new URL(headers['Location'] ?? '').searchParams.get('code') ?? '';
    },
    redeem: (code, form = {}, sent = {}) =>
      people.send('token', {
        ...sent,
        form: { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...form },
      }),
    refresh: (token, form = {}, sent = {}) =>
      people.send('token', { ...sent, form: { grant_type: 'refresh_token', refresh_token: token, ...form } }),
  };
  return people;
}

/** Another challenge and its verifier. */
export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The hidden token of a page. */
export function csrfOf(text: string): string {
  return /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
}

function encode(fields: Fields): string {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}

function read({ body: text, ...reply }: Reply): Answer {
  try {
    return { ...reply, text, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { ...reply, text, body: {} };
  }
}
