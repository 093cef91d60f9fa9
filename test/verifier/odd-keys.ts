import { calculateJwkThumbprint, type JWK } from 'jose';
import { expect } from 'vitest';
import { type ForgedKey, signed } from '../proof/forge.ts';
import { type Members, sha256 } from './forge.ts';
import { verdict } from './rewritten.ts';
import { Scene } from './scene.ts';

/** The client signs by `key` and shows it as `jwk`, to which the token is bound as it is spelt. Accepted, or the code. */
export async function clientWith(key: ForgedKey, jwk: Members = key.jwk): Promise<string> {
  const scene = new Scene();
  const token = scene.token({ payload: { cnf: { jkt: thumbprintAsSpelt(jwk) } } });
  const claims = payloadOf(await scene.proof(token));
  const proof = signed(JSON.stringify({ typ: 'dpop+jwt', alg: key.alg, jwk }), claims, key);
  return await verdict(scene.send({ token, proof }));
}

/** The issuer signs by `key` and publishes it as `jwk`. */
export async function issuerWith(key: ForgedKey, jwk: Members = key.jwk): Promise<string> {
  const scene = new Scene({ jwks: { keys: [{ ...jwk, kid: 'issuer-1' }] } });
  const header = { typ: 'at+jwt', alg: key.alg, kid: 'issuer-1' };
  return await verdict(scene.send({ token: signed(JSON.stringify(header), payloadOf(scene.token()), key) }));
}

/** What becomes of it when the client has the key, and when the issuer has it. */
export async function expectVerdicts(
  verdicts: readonly [string, string],
  key: ForgedKey,
  jwk?: Members,
): Promise<void> {
  expect([await clientWith(key, jwk), await issuerWith(key, jwk)]).toEqual(verdicts);
}

export const ACCEPTED = ['accepted', 'accepted'] as const;
/** The key is none that may be used. */
export const NO_KEY = ['proof_jwk', 'token_key_unknown'] as const;
export const NO_SIGNATURE = ['proof_signature', 'token_signature'] as const;
export const NO_ALGORITHM = ['proof_alg', 'token_alg'] as const;

/** RFC 7638 by another hand. */
export async function thumbprintByJose(
  jwk: Members,
  digest: 'sha256' | 'sha384' | 'sha512' = 'sha256',
): Promise<string> {
  return await calculateJwkThumbprint(jwk as JWK, digest);
}

/** What a reader that looks at no spelling would calculate. */
function thumbprintAsSpelt({ crv, e, kty, n, x, y }: Members): string {
  return sha256(JSON.stringify({ crv, e, kty, n, x, y }));
}

/** The octets of a member, written anew. */
export function respelt(text: unknown, respell: (octets: Buffer) => Uint8Array): string {
  return Buffer.from(respell(Buffer.from(String(text), 'base64url'))).toString('base64url');
}

function payloadOf(compact: string): Buffer {
  return Buffer.from(compact.split('.')[1] ?? '', 'base64url');
}
