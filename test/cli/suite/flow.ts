import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from './answer.ts';
import { browse, locationOf } from './browser.ts';
import { CALLBACK, SCOPE } from './configuration.ts';
import { type Attempt, type Fields, type Party, send } from './party.ts';

/** A code, and what its client kept for it. */
export interface Code {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

export const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

/** The parameters of an authorization request of the suite, with this verifier. */
export function parametersFor(verifier: string, changes: Fields = {}): Fields {
  return {
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: SCOPE,
    state: randomBytes(10).toString('base64url'),
    nonce: randomBytes(10).toString('base64url'),
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...changes,
  };
}

export const newVerifier = () => randomBytes(48).toString('base64url');

export const push = (party: Party, parameters: Fields, attempt?: Attempt): Promise<Answer> =>
  send(party, 'pushed_authorization_request_endpoint', parameters, attempt);

/** Where the client sends the browser to: with nothing but what RFC 9126 §4 says. */
export function authorizationUrl({ clientId, site }: Party, pushed: Answer): string {
  const query = new URLSearchParams({ client_id: clientId, request_uri: String(pushed.body['request_uri']) });
  return `${site.metadata.authorization_endpoint}?${query}`;
}

/** The URL that a person comes back to who logs in and presses this button. */
export async function decide(party: Party, pushed: Answer, button: 'approve' | 'deny' = 'approve'): Promise<URL> {
  const browser = browse(party.site);
  const page = await browser.logIn(authorizationUrl(party, pushed));
  return new URL(locationOf(await browser.press(page, button)));
}

/** A code that a person allowed. */
export async function codeFor(party: Party, changes: Fields = {}, attempt?: Attempt): Promise<Code> {
  const verifier = newVerifier();
  const pushed = await push(party, parametersFor(verifier, changes), attempt);
  const answer = await decide(party, pushed);
  const code = answer.searchParams.get('code') ?? '';
  return { code, verifier, redirectUri: changes['redirect_uri'] ?? CALLBACK };
}

/** Redeems a code, with these fields in place of its own. */
export function redeem(party: Party, code: Code, changes: Fields = {}, attempt?: Attempt): Promise<Answer> {
  const form = {
    grant_type: 'authorization_code',
    code: code.code,
    redirect_uri: code.redirectUri,
    code_verifier: code.verifier,
    ...changes,
  };
  return send(party, 'token_endpoint', form, attempt);
}

export function refresh(party: Party, token: unknown, changes: Fields = {}, attempt?: Attempt): Promise<Answer> {
  const form = { grant_type: 'refresh_token', refresh_token: String(token), ...changes };
  return send(party, 'token_endpoint', form, attempt);
}

/** client_credentials. */
export function ask(party: Party, changes: Fields = {}, attempt?: Attempt): Promise<Answer> {
  return send(party, 'token_endpoint', { grant_type: 'client_credentials', scope: 'accounts', ...changes }, attempt);
}
