import { generateKeyPair, generateProof } from 'dpop';
import { customFetch, DPoP, protectedResourceRequest } from 'oauth4webapi';
import {
  Configuration,
  customFetch as clientFetch,
  fetchProtectedResource,
  getDPoPHandle,
  randomDPoPKeyPair,
} from 'openid-client';
import { boundRequest } from '../../../scene/bound-request.ts';
import { ISSUER } from '../../../scene/issuer.ts';
import { timesOf } from '../../bar.ts';
import type { Case, Prepare } from '../../case.ts';

export const DPOP = 'dpop, generateProof';

/** What else signs proofs. All do it by Web Cryptography, and so with keys that do not leave it. */
export function signingCases(): Case[] {
  const es256 = { group: 'sign', alg: 'ES256', bars: [timesOf('raw sign ES256'), timesOf('proof ES256')] } as const;
  return [
    { name: DPOP, ...es256, open: openDpop },
    { name: 'oauth4webapi, request with a proof', ...es256, open: openOauth4webapi },
    { name: 'openid-client, request with a proof', ...es256, open: openOpenidClient },
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
 * response that is ready answers, and brings the nonce.
 */
async function openOauth4webapi(): Promise<Prepare> {
  const keys = await generateKeyPair('ES256');
  const { method, url, accessToken, nonce } = await boundRequest();
  const [target, response] = [new URL(url), answering(nonce)];
  const options = { DPoP: DPoP({}, keys), [customFetch]: async () => response };
  return (count) => async () => {
    for (let i = 0; i < count; i += 1) {
      await protectedResourceRequest(accessToken, method, target, undefined, undefined, options);
    }
  };
}

/** The same through the client that is built on it, which adds a time limit and the repetition after a challenge. */
async function openOpenidClient(): Promise<Prepare> {
  const { method, url, accessToken, nonce } = await boundRequest();
  const [target, response] = [new URL(url), answering(nonce)];
  const configuration = new Configuration({ issuer: ISSUER }, 'client-1');
  configuration[clientFetch] = async () => response;
  const options = { DPoP: getDPoPHandle(configuration, await randomDPoPKeyPair('ES256')) };
  return (count) => async () => {
    for (let i = 0; i < count; i += 1) {
      await fetchProtectedResource(configuration, accessToken, target, method, undefined, undefined, options);
    }
  };
}

const answering = (nonce: string) => new Response(null, { headers: { 'dpop-nonce': nonce } });
