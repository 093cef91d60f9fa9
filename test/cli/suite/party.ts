import { randomUUID } from 'node:crypto';
import type { Answer } from './answer.ts';
import type { Holder } from './certificates.ts';
import type { Keys, Variant, Who } from './configuration.ts';
import { type Members, type SuiteKey, seconds, signed } from './jwt.ts';
import type { Endpoint, Site } from './site.ts';

/** A client of the suite. */
export interface Party extends Omit<Variant, 'name'> {
  readonly clientId: string;
  readonly who: Who;
  readonly key: SuiteKey;
  /** Of its proofs: another one than it authenticates by. */
  readonly proofKey: SuiteKey;
  readonly site: Site;
}

export type Fields = Readonly<Record<string, string | undefined>>;

export interface ProofChanges {
  readonly key?: SuiteKey;
  readonly header?: Members;
  readonly claims?: Members;
}

/** What a request has in place of what the client would send. Null: nothing. */
export interface Attempt {
  readonly assertion?: string | null;
  /** Changes of the proof, or fields as they are. */
  readonly proof?: ProofChanges | readonly string[] | null;
  readonly certificate?: Holder | null;
  /** The listener; the client uses the alias wherever it shows a certificate. */
  readonly at?: 'root' | 'alias';
  readonly accept?: string;
  readonly headers?: readonly string[];
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function partyOf(site: Site, { name, auth, binding }: Variant, who: Who, keys: Keys, proofKey: SuiteKey): Party {
  return { clientId: `${name}-${who}`, auth, binding, who, key: keys[who], proofKey, site };
}

/** Authenticated, bound, and once more with the same assertion where a nonce is asked for: what the suite's client does. */
export async function send(party: Party, endpoint: Endpoint, form: Fields, attempt: Attempt = {}): Promise<Answer> {
  const { site } = party;
  const authenticated = { ...form, ...(await authentication(party, form, attempt)) };
  const first = await post(party, endpoint, authenticated, attempt);
  const { 'dpop-nonce': nonce } = first.headers;
  if (typeof nonce === 'string') site.nonce = nonce;
  const isChallenged = first.body['error'] === 'use_dpop_nonce' && !Array.isArray(attempt.proof);
  return isChallenged ? await post(party, endpoint, authenticated, attempt) : first;
}

/** A good client assertion, but for the changes. */
export async function assertionOf(party: Party, changes: Members = {}, key = party.key): Promise<string> {
  return await signed({ kid: key.publicJwk.kid }, { ...assertionClaims(party), ...changes }, key);
}

export function assertionClaims({ clientId, site }: Party): Members {
  const now = seconds();
  return { iss: clientId, sub: clientId, aud: site.issuer, jti: randomUUID(), iat: now, nbf: now, exp: now + 60 };
}

/** A good proof for an endpoint, but for the changes. */
export async function proofOf(party: Party, url: string, changes: ProofChanges = {}): Promise<string> {
  const { key = party.proofKey, header, claims } = changes;
  const { kid: _, use: __, ...jwk } = key.publicJwk;
  return await signed({ typ: 'dpop+jwt', jwk, ...header }, { ...proofClaims(party, url), ...claims }, key);
}

export function proofClaims({ site }: Party, url: string): Members {
  const nonce = site.nonce === undefined ? {} : { nonce: site.nonce };
  return { jti: randomUUID(), htm: 'POST', htu: url, iat: seconds(), ...nonce };
}

/** Where the client sends its requests to. */
export function urlOf(party: Party, endpoint: Endpoint, at = listenerOf(party, endpoint)): string {
  const { metadata } = party.site;
  const alias = metadata.mtls_endpoint_aliases?.[endpoint];
  return at === 'alias' && alias !== undefined ? alias : metadata[endpoint];
}

function listenerOf({ auth, binding }: Party, endpoint: Endpoint): 'root' | 'alias' {
  const isShown = auth === 'tls_client_auth' || (binding === 'mtls' && endpoint === 'token_endpoint');
  return isShown ? 'alias' : 'root';
}

async function authentication(party: Party, form: Fields, { assertion }: Attempt): Promise<Fields> {
  const clientId = 'client_id' in form ? {} : { client_id: party.clientId };
  if (party.auth === 'tls_client_auth' && assertion === undefined) return clientId;
  if (assertion === null) return clientId;
  return {
    ...clientId,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion ?? (await assertionOf(party)),
  };
}

async function post(party: Party, endpoint: Endpoint, form: Fields, attempt: Attempt): Promise<Answer> {
  const { at, certificate, accept = 'application/json', headers = [] } = attempt;
  const url = urlOf(party, endpoint, at);
  const shown = listenerOf(party, endpoint) === 'alias' ? party.who : undefined;
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) if (value !== undefined) body.append(name, value);
  return await party.site.send(url, {
    method: 'POST',
    // As the suite writes them
    headers: [
      ...['Content-Type', 'application/x-www-form-urlencoded;charset=UTF-8', 'Accept', accept],
      ...(await proofFields(party, endpoint, url, attempt)),
      ...headers,
    ],
    body: body.toString(),
    holder: certificate === null ? undefined : (certificate ?? shown),
  });
}

async function proofFields(party: Party, endpoint: Endpoint, url: string, { proof }: Attempt): Promise<string[]> {
  if (proof === null) return [];
  if (Array.isArray(proof)) return (proof as string[]).flatMap((each) => ['DPoP', each]);
  // By itself the client sends one where a token is made, and nowhere else
  const isBound = party.binding === 'dpop' && endpoint === 'token_endpoint';
  if (proof === undefined && !isBound) return [];
  return ['DPoP', await proofOf(party, url, proof as ProofChanges | undefined)];
}
