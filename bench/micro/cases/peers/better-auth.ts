import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import type { Scene } from '../../../scene/scene.ts';
import { json, serveDocuments } from './loopback-documents.ts';
import type { DpopPeer } from './peer.ts';
import { asRequest, theSameRequests } from './requests.ts';

type Library = typeof import('better-auth/oauth2');
type Dpop = NonNullable<Parameters<Library['verifyAccessTokenRequest']>[1]['dpop']>;

const load = (): Promise<Library> => import('better-auth/oauth2');

/**
 * As its documentation protects an API. Its own replay memory looks at every entry for each request, and so is new for each
 * slice: this is the best that it can do.
 */
export async function openBetterAuth(scene: Scene): Promise<DpopPeer<Request>> {
  const { createInMemoryDpopReplayStore } = await load();
  let replayStore = createInMemoryDpopReplayStore();
  return {
    ...(await protecting(scene, () => ({ replayStore }))),
    restart() {
      replayStore = createInMemoryDpopReplayStore();
    },
  };
}

/** The same in use: with so many proofs in its memory that are not those of the slices, which it forgets after some. */
export async function openBetterAuthInUse(scene: Scene, proofs: number): Promise<DpopPeer<Request>> {
  const replayStore = (await load()).createInMemoryDpopReplayStore();
  const now = new Date();
  const expiresAt = new Date(now.getTime() + 24 * 60 * 60 * 1000); // no run lasts longer
  for (let i = 0; i < proofs; i += 1) void replayStore.reserve({ key: `earlier ${i}`, expiresAt, now });
  return protecting(scene, () => ({ replayStore, proofMaxAgeSeconds: 20 }));
}

/** It fetches the keys once in five minutes, and imports them for each request. */
async function protecting(scene: Scene, dpop: () => Dpop): Promise<DpopPeer<Request>> {
  const { requestToResourceInput, verifyAccessTokenRequest } = await load();
  const jwksUrl = `${await serveDocuments(() => json(scene.issuer.jwks))}/jwks`;
  const verifyOptions = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] };
  const options = () => ({ jwksUrl, verifyOptions, dpop: { signingAlgorithms: ['ES256'], ...dpop() } });
  return {
    ...theSameRequests(scene),
    receive: asRequest,
    check: (request) => verifyAccessTokenRequest(requestToResourceInput(request), options()),
  };
}
