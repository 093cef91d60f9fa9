import type { RequestListener } from 'node:http';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { fastify } from 'fastify';
import { type Applicant, type Application, apply } from '../../scene/applicants.ts';
import { openHoldfastIssuer, requestToken } from '../../scene/holdfast-issuer.ts';
import { ISSUER } from '../../scene/issuer.ts';
import { openLoopback } from '../../scene/loopback.ts';
import { openOidcProvider } from '../../scene/oidc-provider.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { timesBeyond, timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { openRawIssue } from './issue-raw.ts';

export const RAW_ISSUE = 'raw issue';

/** A token for client_credentials, private_key_jwt and DPoP, to clients that were here before. */
export function issueCases(scenes: Scenes): Case[] {
  const issue = { group: 'issue', alg: 'ES256' } as const;
  return [
    { name: RAW_ISSUE, group: 'raw', alg: 'ES256', open: async () => openRawIssue(await scenes.applicants()) },
    {
      name: 'issue',
      ...issue,
      bars: [timesOf(RAW_ISSUE, 2)],
      open: async () => direct(await scenes.applicants()),
    },
    ...casesOverHttp(scenes, 1),
    ...casesOverHttp(scenes, 16),
  ];
}

/** The peer is a server and nothing else: so ours is one here too, beside one that has nothing to do. */
function casesOverHttp(scenes: Scenes, limit: number): Case[] {
  const named = (server: string) => `${server}, ${limit} in flight`;
  const [http, peer] = [named('HTTP alone'), named('issue by oidc-provider')];
  const served =
    (serve: (applicants: readonly Applicant[]) => RequestListener | Promise<RequestListener>) => async () => {
      const applicants = await scenes.applicants();
      return overHttp(applicants, await serve(applicants), limit);
    };
  const bars = [timesBeyond(http, peer, 1 / 3), timesOf(peer)];
  const issue = { group: 'issue', alg: 'ES256', ...(limit === 1 ? { onlyFull: true } : {}) } as const;
  return [
    { name: named('issue over HTTP'), ...issue, bars, open: served(serveIssuer) },
    { name: peer, ...issue, open: served(openOidcProvider) },
    { name: http, ...issue, open: served(() => answerAlike) },
  ];
}

async function direct(applicants: readonly Applicant[]): Promise<Prepare> {
  const issuer = await openHoldfastIssuer(applicants);
  return preparing(applicants, 1, async (application) => {
    const { status, headers } = await requestToken(issuer, application);
    return { status, nonce: headers['DPoP-Nonce'] };
  });
}

async function overHttp(applicants: readonly Applicant[], listener: RequestListener, limit: number): Promise<Prepare> {
  const { send } = await openLoopback(listener, limit);
  return preparing(applicants, limit, async (application) => {
    const { status, headers } = await send(application);
    return { status, nonce: headers['dpop-nonce'] as string | undefined };
  });
}

type Ask = (application: Application) => Promise<{ status: number; nonce: string | undefined }>;

/** Each request has an assertion and a proof of its own, with the nonce that the issuer hands out now. */
function preparing(applicants: readonly Applicant[], limit: number, ask: Ask): Prepare {
  const applicant = (i: number) => applicants[i % applicants.length] as Applicant;
  return async (count) => {
    // RFC 9449 §8: whoever comes without a nonce is told the current one
    const { nonce } = await ask(await apply(applicant(0), undefined));
    const fresh: Application[] = [];
    for (let i = 0; i < count; i += 1) fresh.push(await apply(applicant(i), nonce));
    return () =>
      inFlight(fresh, limit, async (application) => {
        const { status } = await ask(application);
        if (status !== 200) throw new Error(`a good request got ${status}`);
      });
  };
}

async function serveIssuer(applicants: readonly Applicant[]): Promise<RequestListener> {
  const app = fastify();
  const issuer = await openHoldfastIssuer(applicants);
  await app.register(issuerRoutes, { issuer, origin: ISSUER, rateLimits: 'off' }); // the peer has none
  await app.ready();
  return (request, response) => app.routing(request, response);
}

/** What no server over HTTP can do without: it reads the body, and answers with as much as a token takes. */
const answerAlike: RequestListener = (request, response) => {
  const answer = JSON.stringify({ access_token: 'A'.repeat(520), token_type: 'DPoP', expires_in: 300 });
  request.resume().on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(answer);
  });
};
