import { ath, fieldValues, type HttpMessage } from '@holdfast/proof';
import type { Jwks } from '@holdfast/verifier';
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, type JSONWebKeySet, type JWK, jwtVerify } from 'jose';
import { AUDIENCE, ISSUER } from '../../scene/issuer.ts';
import { METHOD, URL_CALLED } from '../../scene/request.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';

/** What one writes with `jose` in an afternoon. It checks no nonce, and its Map of used proofs never forgets. */
export function joseCase(scenes: Scenes): Case {
  return { name: 'jose by hand', group: 'peer', alg: 'ES256', bars: [timesOf('raw ES256')], open: () => open(scenes) };
}

async function open(scenes: Scenes): Promise<Prepare> {
  const { issuer, requests } = await scenes.es256();
  const check = createCheck(issuer.jwks);
  return async (count) => {
    const fresh = await requests(count);
    return () => inFlight(fresh, 1, check);
  };
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
