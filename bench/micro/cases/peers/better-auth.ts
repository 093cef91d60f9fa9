import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import type { Scene } from '../../../scene/scene.ts';
import { json, serveDocuments } from './loopback-documents.ts';
import type { DpopPeer } from './peer.ts';
import { asRequest, theSameRequests } from './requests.ts';

/**
 * As its documentation protects an API. It fetches the keys once in five minutes, and imports them for each request. Its own
 * replay memory looks at every entry for each request, so that what a request costs grows with those of the last five
 * minutes: `live` of them are in it when a slice begins, and none is where it is at its best.
 */
export async function openBetterAuth(scene: Scene, live = 0): Promise<DpopPeer<Request>> {
  const { createInMemoryDpopReplayStore, requestToResourceInput, verifyAccessTokenRequest } = await import(
    'better-auth/oauth2'
  );
  const origin = await serveDocuments(() => json(scene.issuer.jwks));
  const verifyOptions = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] };
  let replayStore = createInMemoryDpopReplayStore();
  return {
    ...theSameRequests(scene),
    receive: asRequest,
    check: (request) =>
      verifyAccessTokenRequest(requestToResourceInput(request), {
        jwksUrl: `${origin}/jwks`,
        verifyOptions,
        dpop: { replayStore, signingAlgorithms: ['ES256'] },
      }),
    restart() {
      replayStore = createInMemoryDpopReplayStore();
      const now = new Date();
      const expiresAt = new Date(now.getTime() + 300_000);
      for (let i = 0; i < live; i += 1) void replayStore.reserve({ key: `earlier ${i}`, expiresAt, now });
    },
  };
}
