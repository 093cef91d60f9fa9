import type { Cast } from './cast.ts';
import { STATUS_TTL } from './deployment.ts';
import { ORDER_ENTRY_OF_ANNA } from './order-entry.ts';
import { type Outcome, refused, type Scenario } from './scenario.ts';
import type { WireReply } from './wire.ts';

/** A person lets her desk trade for her, within limits; thieves want some of it. `wait` moves the clock by seconds. */
export function approvalScenarios(cast: Cast, wait: (seconds: number) => void): readonly Scenario[] {
  const { anna, desk, deskSigner, rival, thief, deployment } = cast;
  const url = `${deployment.facts.resource}/orders`;
  let approved = { code: '', verifier: '' };
  let tokens: Readonly<Record<string, unknown>> = {};

  async function approve(): Promise<typeof approved> {
    const { url: authorizationUrl, verifier } = await desk.push([ORDER_ENTRY_OF_ANNA]);
    const answer = await anna.decide(authorizationUrl, 'approve');
    return { code: answer.searchParams.get('code') ?? '', verifier };
  }

  async function trade(): Promise<WireReply> {
    const accessToken = String(tokens['access_token']);
    const { nonce } = await thief.send({ url });
    const dpop = await deskSigner.proof({ method: 'GET', url, accessToken, nonce });
    return await thief.send({ url, headers: { authorization: `DPoP ${accessToken}`, dpop } });
  }

  const issued = ({ status, code }: WireReply): Outcome => (code === undefined ? { status } : { status, code });

  return [
    {
      name: 'Anna approves orders of 1,000,000 USD at most; her desk gets a token',
      expected: { status: 200 },
      run: async () => {
        approved = await approve();
        const redeemed = await desk.redeem(approved.code, approved.verifier);
        tokens = redeemed.body;
        return issued(redeemed);
      },
    },
    { name: 'the desk reads her orders with it', expected: { status: 200 }, run: async () => issued(await trade()) },
    {
      name: 'the desk refreshes it',
      expected: { status: 200 },
      run: async () => issued(await desk.refresh(String(tokens['refresh_token']))),
    },
    {
      name: 'Anna denies a second request',
      expected: { status: 303, code: 'access_denied' },
      run: async () => {
        const { url: authorizationUrl } = await desk.push([ORDER_ENTRY_OF_ANNA]);
        const answer = await anna.decide(authorizationUrl, 'deny');
        return { status: 303, code: answer.searchParams.get('error') ?? 'none' };
      },
    },
    refused('another client sends her code as its own', 'code_client', async () => {
      const { code, verifier } = await approve();
      return rival.redeem(code, verifier);
    }),
    refused('her code comes a second time', 'code_used', () => desk.redeem(approved.code, approved.verifier)),
    refused('… and takes what it gave along: the refresh token', 'grant_revoked', () =>
      desk.refresh(String(tokens['refresh_token'])),
    ),
    refused('… and, seconds later, the token at the venue', 'token_revoked', async () => {
      wait(STATUS_TTL + 1);
      return trade();
    }),
  ];
}
