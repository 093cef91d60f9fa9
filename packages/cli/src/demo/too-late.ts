import type { Cast } from './cast.ts';
import { refused, type Scenario } from './scenario.ts';

/** What was good once and is too old. `wait` moves the clock of the whole deployment by seconds. */
export function tooLateScenarios(
  { dpop, dpopSigner, thief, deployment }: Cast,
  wait: (seconds: number) => void,
): readonly Scenario[] {
  const url = `${deployment.facts.resource}/orders`;

  /** The owner's proof, with the nonce of its moment; sent after a while. */
  async function sendLater(seconds: number, accessToken: string, renewNonce: boolean) {
    const before = await thief.send({ url });
    const old = await dpopSigner.proof({ method: 'GET', url, accessToken, nonce: before.nonce });
    wait(seconds);
    const { nonce } = await thief.send({ url });
    const proof = renewNonce ? await dpopSigner.proof({ method: 'GET', url, accessToken, nonce }) : old;
    return thief.send({ url, headers: { authorization: `DPoP ${accessToken}`, dpop: proof } });
  }

  return [
    refused('recorded proof, never used, three minutes old', 'nonce_stale', async () =>
      sendLater(180, (await dpop.token()).accessToken, false),
    ),
    refused('expired token, fresh proof by its owner', 'token_expired', async () =>
      sendLater(deployment.config.access_token_lifetime, (await dpop.token()).accessToken, true),
    ),
  ];
}
