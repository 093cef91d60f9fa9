import { type Applicant, type Application, apply } from '../../scene/applicants.ts';
import { type Approvals, openApprovals } from '../../scene/approvals.ts';
import { issuerNonce, requestToken } from '../../scene/holdfast-issuer.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { RAW_ISSUE } from './issue.ts';
import { at } from './signed-pool.ts';

const CODES = 60; // operations in a slice: for each a request is pushed and a person agrees

/** A token for what a person allowed, with private_key_jwt and DPoP. What came before it is not in the figure. */
export function approvedCases(scenes: Scenes): Case[] {
  const issue = { group: 'issue', alg: 'ES256', bars: [timesOf(RAW_ISSUE)], onlyFull: true } as const;
  return [
    { name: 'issue for a code', ...issue, open: async () => forCodes(await scenes.applicants()), most: CODES },
    // Each refresh token once: the next one is only known when it was used
    {
      name: 'issue for a refresh token',
      ...issue,
      open: async () => forRefreshTokens(await scenes.applicants()),
      most: 100,
    },
  ];
}

/** RFC 6749 §4.1.3, RFC 7636: the answer has a refresh token too. */
async function forCodes(applicants: readonly Applicant[]): Promise<Prepare> {
  const approvals = await openApprovals(applicants);
  return async (count) => {
    const nonce = await issuerNonce(approvals.issuer, at(applicants, 0));
    const redeeming: Application[] = [];
    for (let i = 0; i < count; i += 1) {
      const applicant = at(applicants, i);
      redeeming.push(await apply(applicant, nonce, await approvals.approved(applicant, nonce)));
    }
    return async () => {
      for (const application of redeeming) await redeem(approvals, application);
    };
  };
}

/** RFC 6749 §6, RFC 9700 §4.14: each use replaces the token. */
async function forRefreshTokens(applicants: readonly Applicant[]): Promise<Prepare> {
  const approvals = await openApprovals(applicants);
  const first = await issuerNonce(approvals.issuer, at(applicants, 0));
  const tokens: string[] = [];
  for (const applicant of applicants) {
    const code = await approvals.approved(applicant, first);
    tokens.push(await redeem(approvals, await apply(applicant, first, code)));
  }
  return async (count) => {
    const nonce = await issuerNonce(approvals.issuer, at(applicants, 0));
    const renewing: Application[] = [];
    for (let i = 0; i < count; i += 1) {
      const grant = { grant_type: 'refresh_token', refresh_token: tokens[i] ?? '' };
      renewing.push(await apply(at(applicants, i), nonce, grant));
    }
    return async () => {
      for (const [i, application] of renewing.entries()) tokens[i] = await redeem(approvals, application);
    };
  };
}

async function redeem({ issuer }: Approvals, application: Application): Promise<string> {
  const { status, body } = await requestToken(issuer, application);
  if (status !== 200) throw new Error(`a good grant got ${status}`);
  return (JSON.parse(body) as { refresh_token: string }).refresh_token;
}
