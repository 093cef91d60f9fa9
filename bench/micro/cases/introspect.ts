import type { Issuer } from '@holdfast/issuer';
import {
  type Applicant,
  type Authenticating,
  apply,
  authenticated,
  createAuthenticating,
} from '../../scene/applicants.ts';
import { issuerNonce, openHoldfastIssuer, registration, requestToken } from '../../scene/holdfast-issuer.ts';
import { AUDIENCE, ISSUER } from '../../scene/issuer.ts';
import { asReceived } from '../../scene/request.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { moreThan } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { at } from './signed-pool.ts';

const SIGNED = 'application/token-introspection+jwt';

/** A resource server asks what a token is worth: RFC 7662, by private_key_jwt, about JWTs, whose signature is verified too. */
export function introspectCases(scenes: Scenes): Case[] {
  const issue = { group: 'issue', alg: 'ES256', onlyFull: true } as const;
  const raw = ['raw ES256', 'raw ES256']; // of the assertion, and of the token
  const asking = (accept: string) => async () => introspecting(await scenes.applicants(), accept);
  return [
    { name: 'introspect a token', ...issue, bars: [moreThan(raw)], open: asking('application/json') },
    // RFC 9701
    {
      name: 'introspect a token, signed answer',
      ...issue,
      bars: [moreThan([...raw, 'raw sign ES256'])],
      open: asking(SIGNED),
    },
  ];
}

async function introspecting(applicants: readonly Applicant[], accept: string): Promise<Prepare> {
  const server = createAuthenticating('venue-server');
  const resourceServers = [{ ...registration(server), resources: [AUDIENCE] }];
  const issuer = await openHoldfastIssuer(applicants, {
    config: { resource_servers: resourceServers, access_token_lifetime: 3600 },
  });
  const tokens = await issue(issuer, applicants);
  return (count) => {
    const questions = Array.from({ length: count }, (_, i) => question(server, at(tokens, i), accept));
    return () =>
      inFlight(questions, 1, async (request) => {
        const { status, body } = await issuer.introspect(request);
        if (status !== 200 || body === INACTIVE) throw new Error(`a good question got ${status}`);
      });
  };
}

const INACTIVE = JSON.stringify({ active: false });

function question(server: Authenticating, token: string, accept: string) {
  const { headers, body } = authenticated(server, { token, token_type_hint: 'access_token' });
  const fields = [...headers.slice(0, 2), 'Accept', accept].map(asReceived);
  return { method: 'POST', target: '/introspect', origin: ISSUER, headers: fields, body };
}

async function issue(issuer: Issuer, applicants: readonly Applicant[]): Promise<string[]> {
  const nonce = await issuerNonce(issuer, at(applicants, 0));
  const tokens: string[] = [];
  for (const applicant of applicants) {
    const { body } = await requestToken(issuer, await apply(applicant, nonce));
    tokens.push((JSON.parse(body) as { access_token: string }).access_token);
  }
  return tokens;
}
