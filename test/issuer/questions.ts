import type { IssuerRequest } from '@holdfast/issuer';
import { createLocalJWKSet, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';
import { expect } from 'vitest';
import { ASSERTION_TYPE, assertion, ecKey, ISSUER, VENUE } from './forge.ts';
import type { Answer, Fields, People } from './people.ts';

/** Resource servers, and what they ask the issuer about tokens. */

export const REPORTS = 'https://reports.example';
export const SIGNED = 'application/token-introspection+jwt';

export const venueKey = ecKey();
const reportsKey = ecKey();

export const VENUE_SERVER = {
  client_id: 'venue-server',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [venueKey.jwk] },
  resources: [VENUE],
} as const;

export const REPORTS_SERVER = {
  client_id: 'reports-server',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [reportsKey.jwk] },
  resources: [REPORTS],
} as const;

/** Two resources with a server each; put over a configuration. */
export const SERVERS = {
  resources: [
    { resource: VENUE, scope: 'orders:read orders:write positions:read' },
    { resource: REPORTS, scope: 'reports:read' },
  ],
  resource_servers: [VENUE_SERVER, REPORTS_SERVER],
} as const;

export interface Question {
  readonly by?: 'venue-server' | 'reports-server';
  /** Put over `token`; undefined leaves one out. */
  readonly form?: Fields;
  /** Undefined: nobody authenticates. */
  readonly assertion?: string | undefined;
  readonly accept?: string;
  readonly request?: Partial<IssuerRequest>;
}

/** What the issuer answers about a token. */
export async function ask(people: People, token: unknown, question: Question = {}): Promise<Answer> {
  const { by = 'venue-server', accept, form = {}, request = {} } = question;
  const asserted = 'assertion' in question ? question.assertion : serverAssertion(people, by);
  const fields: Fields = {
    ...(asserted === undefined ? {} : { client_assertion: asserted, client_assertion_type: ASSERTION_TYPE }),
    token: String(token),
    ...form,
  };
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { body: text, ...reply } = await people.issuer.introspect({
    method: 'POST',
    target: '/introspect',
    origin: ISSUER,
    headers: [
      ...['Content-Type', 'application/x-www-form-urlencoded'],
      ...(accept === undefined ? [] : ['Accept', accept]),
    ],
    body: new URLSearchParams(given).toString(),
    ...request,
  });
  const isJson = reply.headers['Content-Type'] === 'application/json';
  return { ...reply, text, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

/** That an answer says that a token is not active, and nothing else (RFC 7662 §2.2). */
export async function expectInactive(people: People, token: unknown, question: Question = {}): Promise<void> {
  const { status, text } = await ask(people, token, question);
  expect({ status, text }).toEqual({ status: 200, text: '{"active":false}' });
}

/** How a resource server authenticates now. */
export function serverAssertion({ now }: People, by: 'venue-server' | 'reports-server' = 'venue-server'): string {
  const payload = { iss: by, sub: by, iat: now, exp: now + 60 };
  return assertion({ key: by === 'venue-server' ? venueKey : reportsKey, payload });
}

/** Verifies what the issuer signed, by the keys that it publishes and at the time of the scene. */
export function verified(people: People, jwt: unknown, options: JWTVerifyOptions = {}): Promise<JWTVerifyResult> {
  const jwks = createLocalJWKSet(JSON.parse(people.issuer.jwks().body));
  return jwtVerify(String(jwt), jwks, { currentDate: new Date(people.now * 1000), issuer: ISSUER, ...options });
}
