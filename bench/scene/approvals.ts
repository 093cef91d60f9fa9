import { createHash, randomBytes } from 'node:crypto';
import type { Issuer, IssuerRequest, Reply } from '@holdfast/issuer';
import { type Applicant, type Application, PUSH_PATH, push } from './applicants.ts';
import { openHoldfastIssuer } from './holdfast-issuer.ts';
import { ISSUER } from './issuer.ts';

const CALLBACK = 'https://desk.example/callback';

/** What the token endpoint is shown for a code (RFC 6749 §4.1.3, RFC 7636 §4.5). */
export interface CodeGrant extends Readonly<Record<string, string>> {
  readonly code: string;
}

/** An issuer whose clients act for a person, with PAR and pages, and whose refresh tokens are rotated. */
export interface Approvals {
  readonly issuer: Issuer;
  /** All of it, from the pushed request to the person's approval. */
  approved(applicant: Applicant, nonce: string): Promise<CodeGrant>;
}

export async function openApprovals(applicants: readonly Applicant[]): Promise<Approvals> {
  const issuer = await openHoldfastIssuer(applicants, {
    config: { refresh_token_rotation: {} },
    client: { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], redirect_uris: [CALLBACK] },
    // People are known by the word of another login: nobody has to type a password here
    externalLogin: { start: () => 'https://login.example/' },
  });
  return {
    issuer,
    async approved(applicant, nonce) {
      const verifier = randomBytes(32).toString('base64url');
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      const requestUri = await pushed(issuer, await push(applicant, nonce, request(challenge)));
      const code = await approve(issuer, { client_id: applicant.clientId, request_uri: requestUri });
      return { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier };
    },
  };
}

const request = (challenge: string) => ({
  response_type: 'code',
  redirect_uri: CALLBACK,
  code_challenge: challenge,
  code_challenge_method: 'S256',
});

async function pushed(issuer: Issuer, application: Application): Promise<string> {
  const { status, body } = await issuer.push({ method: 'POST', target: PUSH_PATH, origin: ISSUER, ...application });
  if (status !== 201) throw new Error(`a good pushed request got ${status}`);
  return (JSON.parse(body) as { request_uri: string }).request_uri;
}

/** What a browser does for a person who agrees. */
async function approve({ authorization }: Issuer, query: Readonly<Record<string, string>>): Promise<string> {
  const opened = await authorization.authorize(page('GET', `/authorize?${new URLSearchParams(query)}`));
  const [cookie = ''] = (opened.headers['Set-Cookie'] ?? '').split(';');
  const path = new URL(location(opened)).pathname;
  const id = path.split('/').at(-1) ?? '';
  const back = new URL(await authorization.loggedIn(id, { sub: 'person-1', name: 'A trader' }));
  await authorization.show(page('GET', back.pathname + back.search, cookie), id);
  const { body } = await authorization.show(page('GET', path, cookie), id);
  const csrf = /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? '';
  const form = new URLSearchParams({ csrf, decision: 'approve' }).toString();
  const decided = await authorization.submit(page('POST', path, cookie, form), id);
  return new URL(location(decided)).searchParams.get('code') ?? '';
}

function page(method: 'GET' | 'POST', target: string, cookie = '', body = ''): IssuerRequest {
  const form = ['Content-Type', 'application/x-www-form-urlencoded', 'Origin', ISSUER];
  return { method, target, origin: ISSUER, headers: ['Cookie', cookie, ...(method === 'POST' ? form : [])], body };
}

function location({ status, headers }: Reply): string {
  const { Location: url } = headers;
  if (url === undefined) throw new Error(`a page answered ${status} and leads nowhere`);
  return url;
}
