import { encode } from '../proof/forge.ts';
import { ASSERTION_TYPE, assertion, ISSUER, proof, proofKey, thiefKey, traderKey } from './forge.ts';
import type { Attempt } from './scene.ts';

/** Stands where a request holds something that must not be seen again. */
export const SECRET = 'swordfish-s3cr3t';

/** Requests that fail in about every way there is, by what is wrong with them. All hold SECRET somewhere. */
export function failures(nonce: string): Readonly<Record<string, Attempt>> {
  const sound = () => ({ assertion: assertion(), proof: proof({ payload: { nonce } }) });
  const asserted = (header: object, payload: object = {}) => ({
    ...sound(),
    assertion: assertion({ header: { kid: undefined, ...header }, payload: { note: SECRET, ...payload } }),
  });
  const proven = (header: object, payload: object = {}) => ({
    ...sound(),
    proof: proof({ header: { note: SECRET, ...header }, payload: { nonce, ...payload } }),
  });
  const formed = (form: Record<string, string>) => ({ ...sound(), form });
  return {
    'the content type': { ...sound(), headers: ['Content-Type', SECRET] },
    'the form': { body: `a=${SECRET}%` },
    'a repeated parameter': { body: `client_secret=${SECRET}&client_secret=${SECRET}` },
    'the grant': formed({ grant_type: SECRET }),
    'the scope': formed({ scope: SECRET }),
    'the scope, malformed': formed({ scope: `"${SECRET}"` }),
    'the resource': formed({ resource: `https://${SECRET}.example` }),
    'the client': { form: { client_id: SECRET } },
    'a secret': { form: { client_id: 'trader', client_secret: SECRET } },
    'a secret in the header': { headers: ['Authorization', `Basic ${encode(`trader:${SECRET}`)}`] },
    'two ways': { ...sound(), headers: ['Authorization', `Bearer ${SECRET}`] },
    'the type of the assertion': { form: { client_assertion: SECRET, client_assertion_type: SECRET } },
    'the assertion': { form: { client_assertion: SECRET, client_assertion_type: ASSERTION_TYPE } },
    'the segments of the assertion': { assertion: `${encode(SECRET)}.${encode(SECRET)}.${encode(SECRET)}` },
    'the alg of the assertion': asserted({ alg: SECRET }),
    'the typ of the assertion': asserted({ typ: SECRET }),
    'the kid of the assertion': asserted({ kid: SECRET }),
    'crit in the assertion': asserted({ crit: [SECRET], [SECRET]: 1 }),
    'iss of the assertion': asserted({}, { iss: SECRET }),
    'sub of the assertion': asserted({}, { sub: SECRET }),
    'aud of the assertion': asserted({}, { aud: `${ISSUER}/${SECRET}` }),
    'exp of the assertion': asserted({}, { exp: SECRET }),
    'exp of the assertion, past': asserted({}, { exp: 1 }),
    'iat of the assertion': asserted({}, { iat: SECRET }),
    'nbf of the assertion': asserted({}, { nbf: { SECRET } }),
    'jti of the assertion': asserted({}, { jti: [SECRET] }),
    'the key of the assertion': { ...sound(), assertion: assertion({ key: thiefKey, payload: { note: SECRET } }) },
    'the proof': { ...sound(), proof: SECRET },
    'two proofs': { ...sound(), headers: ['DPoP', SECRET] },
    'the typ of the proof': proven({ typ: SECRET }),
    'the alg of the proof': proven({ alg: SECRET }),
    'the jwk of the proof': proven({ jwk: { kty: SECRET, x: SECRET } }),
    'a private jwk in the proof': proven({ jwk: proofKey.privateJwk }),
    'a jwk beside the curve': proven({ jwk: { ...proofKey.jwk, y: traderKey.jwk['x'] } }),
    'the signature of the proof': proven({ jwk: thiefKey.jwk }),
    'htm of the proof': proven({}, { htm: SECRET }),
    'htu of the proof': proven({}, { htu: `https://${SECRET}.example/token` }),
    'iat of the proof': proven({}, { iat: SECRET }),
    'the nonce of the proof': proven({}, { nonce: SECRET }),
    'no nonce': proven({}, { nonce: undefined }),
    'no proof': { assertion: assertion({ payload: { note: SECRET } }), target: `/token?${SECRET}` },
    'the target': { ...sound(), target: SECRET },
    'the method': { ...sound(), method: SECRET },
    'the certificate': { form: { client_id: 'pki' }, certificate: Buffer.from(SECRET), certificateTrusted: true },
    'no certificate': { form: { client_id: 'pki' }, headers: ['Client-Cert', SECRET] },
    'an untrusted certificate': { form: { client_id: 'pki' }, certificate: Buffer.from(SECRET) },
  };
}
