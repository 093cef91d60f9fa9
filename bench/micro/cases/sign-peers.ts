import { generateKeyPair, generateProof } from 'dpop';
import { customFetch, DPoP, protectedResourceRequest } from 'oauth4webapi';
import { boundRequest } from '../../scene/bound-request.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';

export const DPOP = 'dpop, generateProof';

/** What else signs proofs. Both do it by Web Cryptography, and so with keys that do not leave it. */
export function signPeerCases(): Case[] {
  return [
    { name: DPOP, group: 'sign', alg: 'ES256', bars: [timesOf('raw sign ES256')], open: openDpop },
    {
      name: 'oauth4webapi, request with a proof',
      group: 'sign',
      alg: 'ES256',
      bars: [timesOf('raw sign ES256')],
      open: openOauth4webapi,
    },
  ];
}

async function openDpop(): Promise<Prepare> {
  const keys = await generateKeyPair('ES256');
  const { method, url, accessToken, nonce } = await boundRequest();
  return (count) => async () => {
    for (let i = 0; i < count; i += 1) await generateProof(keys, url, method, nonce, accessToken);
  };
}

/**
 * It makes a proof only with the request that it sends, so the few headers of that are in its figure. Nothing is sent: a
 * response that is ready answers, and brings the nonce. openid-client signs by the same code.
 */
async function openOauth4webapi(): Promise<Prepare> {
  const keys = await generateKeyPair('ES256');
  const { method, url, accessToken, nonce } = await boundRequest();
  const [target, response] = [new URL(url), new Response(null, { headers: { 'dpop-nonce': nonce } })];
  const options = { DPoP: DPoP({}, keys), [customFetch]: async () => response };
  return (count) => async () => {
    for (let i = 0; i < count; i += 1) {
      await protectedResourceRequest(accessToken, method, target, undefined, undefined, options);
    }
  };
}
