import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Jwks } from '@holdfast/verifier';
import type { HashAlgorithm, JwtSigner, VerifyJwtCallback } from '@openid4vc/oauth2';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import type { Scene } from '../../../scene/scene.ts';
import type { DpopPeer } from './peer.ts';
import { asRequest, theSameRequests } from './requests.ts';

type Received = Request & { readonly method: 'POST' };

/**
 * `Oauth2ResourceServer`. Cryptography and fetch are callbacks, here by `node:crypto`, which costs least, with the issuer's
 * key imported once. It fetches the keys for each request, and is answered from memory.
 */
export async function openOpenid4vc(scene: Scene): Promise<DpopPeer<Received>> {
  const { clientAuthenticationNone, Oauth2ResourceServer, SupportedAuthenticationScheme } = await import(
    '@openid4vc/oauth2'
  );
  const { jwks } = scene.issuer;
  const server = new Oauth2ResourceServer({
    callbacks: {
      fetch: async () => Response.json(jwks),
      hash: (data: Uint8Array, alg: HashAlgorithm) => createHash(alg.replace('-', '')).update(data).digest(),
      verifyJwt: createVerifyJwt(jwks),
      clientAuthentication: clientAuthenticationNone({ clientId: AUDIENCE }),
    },
  });
  const authorizationServers = [
    {
      ...{ issuer: ISSUER, token_endpoint: `${ISSUER}/token`, jwks_uri: `${ISSUER}/jwks` },
      dpop_signing_alg_values_supported: ['ES256'],
    },
  ];
  const allowedAuthenticationSchemes = [SupportedAuthenticationScheme.DPoP];
  const options = { resourceServer: AUDIENCE, authorizationServers, allowedAuthenticationSchemes };
  return {
    ...theSameRequests(scene),
    receive: (message) => asRequest(message) as Received,
    check: (request) => server.verifyResourceRequest({ ...options, request }),
  };
}

/** Verifies by the key that it is shown, which has to be one for ES256. */
function createVerifyJwt(jwks: Jwks): VerifyJwtCallback {
  const imported = new Map<unknown, KeyObject>();
  for (const jwk of jwks.keys) imported.set((jwk as { x?: unknown }).x, importKey(jwk));
  return async (signer: JwtSigner, { compact }) => {
    if (signer.method !== 'jwk' || signer.alg !== 'ES256') return { verified: false };
    const { publicJwk } = signer;
    const key = imported.get(publicJwk.x) ?? importKey(publicJwk);
    const dot = compact.lastIndexOf('.');
    const [input, signature] = [Buffer.from(compact.slice(0, dot)), Buffer.from(compact.slice(dot + 1), 'base64url')];
    const verified = verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature);
    return verified ? { verified, signerJwk: publicJwk } : { verified };
  };
}

function importKey(jwk: object): KeyObject {
  return createPublicKey({ key: { ...jwk }, format: 'jwk' });
}
