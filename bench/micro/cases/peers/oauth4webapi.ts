import { customFetch, validateJwtAccessToken } from 'oauth4webapi';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import type { Scene } from '../../../scene/scene.ts';
import type { DpopPeer } from './peer.ts';
import { asRequest, theSameRequests } from './requests.ts';

/** At its best: one server object for all requests, so that it keeps the issuer's keys, imported too. */
export async function openOauth4webapi(scene: Scene): Promise<DpopPeer<Request>> {
  const server = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` };
  const options = {
    requireDPoP: true,
    signingAlgorithms: ['ES256'],
    [customFetch]: async () => Response.json(scene.issuer.jwks),
  };
  return {
    ...theSameRequests(scene),
    receive: asRequest,
    check: (request) => validateJwtAccessToken(server, request, AUDIENCE, options),
  };
}
