import { expect } from 'vitest';
import { assertion, claims, ecKey, thiefKey, VENUE } from './forge.ts';
import { type Answer, DESK, type Fields, type People, RIVAL, type Sent } from './people.ts';
import { REPORTS, SERVERS } from './questions.ts';

/** Parties of a token exchange: clients that exchange their own tokens, and the venue that turns to a server behind it. */

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export const backendKey = ecKey();
export const BACKEND = {
  client_id: 'venue-backend',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [backendKey.jwk] },
  grant_types: [EXCHANGE, 'client_credentials'],
  scope: 'orders:read positions:read',
  exchange_resources: [VENUE],
  dpop_bound_access_tokens: true,
} as const;
export const OWNER = { ...DESK, grant_types: [...DESK.grant_types, EXCHANGE] };
export const STRANGER = { ...RIVAL, grant_types: [...RIVAL.grant_types, EXCHANGE] };

export const PARTIES = {
  ...SERVERS,
  resources: [
    { resource: VENUE, scope: 'orders:read orders:write' },
    { resource: REPORTS, scope: 'reports:read positions:read orders:read' },
  ],
  clients: [OWNER, STRANGER, BACKEND],
};

/** By the client that the token was given to, unless it says otherwise. */
export function exchange(people: People, token: string, form: Fields = {}, sent: Sent = {}): Promise<Answer> {
  const fields = { grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, ...form };
  return people.send('token', { ...sent, form: fields });
}

/** By the venue, with a key of people own. */
export function delegate(people: People, token: string, form: Fields = {}): Promise<Answer> {
  const payload = { iss: 'venue-backend', sub: 'venue-backend', iat: people.now, exp: people.now + 60 };
  return exchange(people, token, form, {
    assertion: assertion({ key: backendKey, payload }),
    proof: { key: thiefKey },
  });
}

export function expectExchangeRefused({ status, body }: Answer, error: string, code: string): void {
  expect({ status, error: body['error'], code: body['code'] }).toEqual({ status: 400, error, code });
  expect(body).not.toHaveProperty('access_token');
}

export function issued({ status, body }: Answer): string {
  expect({ status, body }).toMatchObject({ status: 200 });
  return String(body['access_token']);
}

export const jkt = (token: string) => (claims(token)['cnf'] as { readonly jkt?: string }).jkt;
