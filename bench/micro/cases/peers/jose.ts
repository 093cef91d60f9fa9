import { ath, fieldValues, type HttpMessage } from '@holdfast/proof';
import type { Jwks } from '@holdfast/verifier';
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, type JSONWebKeySet, type JWK, jwtVerify } from 'jose';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import { METHOD, URL_CALLED } from '../../../scene/request.ts';
import type { Scene } from '../../../scene/scene.ts';
import type { DpopPeer } from './peer.ts';
import { theSameRequests } from './requests.ts';

/** What one writes with `jose` in an afternoon. It checks no nonce, and its Map of used proofs never forgets. */
export async function openJose(scene: Scene): Promise<DpopPeer<HttpMessage>> {
  return { ...theSameRequests(scene), receive: (message) => message, check: createCheck(scene.issuer.jwks) };
}

const TOKEN = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] };
const PROOF = { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 60, clockTolerance: 10 };

function createCheck(jwks: Jwks): (request: HttpMessage) => Promise<void> {
  const keys = createLocalJWKSet(jwks as unknown as JSONWebKeySet);
  const used = new Map<string, number>();
  return async (request) => {
    const token = fieldValues(request, 'authorization')[0]?.slice('DPoP '.length) ?? '';
    const { payload: claims } = await jwtVerify(token, keys, TOKEN);
    const { payload: proof, protectedHeader } = await jwtVerify(
      fieldValues(request, 'dpop')[0] ?? '',
      EmbeddedJWK,
      PROOF,
    );
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk as JWK);
    if (jkt !== (claims['cnf'] as { jkt?: unknown }).jkt) throw new Error('another key');
    if (proof['htm'] !== METHOD || proof['htu'] !== URL_CALLED) throw new Error('another request');
    if (proof['ath'] !== ath(token)) throw new Error('another token');
    const jti = `${jkt} ${proof.jti}`;
    if (used.has(jti)) throw new Error('a replay');
    used.set(jti, Number(proof.iat) + 70);
  };
}
