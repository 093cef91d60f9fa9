import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type Algorithm, algorithms } from '@holdfast/proof';
import { importKey, type PrivateJwk } from '@holdfast/signer';
import type { Issuer } from '../scene/issuer.ts';

/** A client as another process can be told of it. */
export interface Sender {
  readonly token: string;
  /** What the token is bound to. Left out: it is sent as a bearer token. */
  readonly key?: { readonly alg: Algorithm; readonly privateJwk: PrivateJwk };
}

const generate = promisify(generateKeyPair);

/** Clients with a key and a token each, bound to each other. */
export async function createSenders(issuer: Issuer, alg: Algorithm, count: number): Promise<Sender[]> {
  return await Promise.all(Array.from({ length: count }, () => createSender(issuer, alg)));
}

async function createSender(issuer: Issuer, alg: Algorithm): Promise<Sender> {
  const privateKey = await newKey(alg);
  const { jkt } = await importKey(privateKey, alg);
  return { token: await issuer.token({ jkt }), key: { alg, privateJwk: privateJwkOf(privateKey) } };
}

export function privateJwkOf(key: KeyObject): PrivateJwk {
  return { ...key.export({ format: 'jwk' }) };
}

export async function newKey(alg: Algorithm): Promise<KeyObject> {
  const { kty, crv = '' } = algorithms[alg];
  if (kty === 'EC') return (await generate('ec', { namedCurve: crv })).privateKey;
  if (kty === 'OKP') return (await generate('ed25519')).privateKey;
  if (kty === 'RSA') return (await generate('rsa', { modulusLength: 2048 })).privateKey;
  throw new TypeError(`alg: ${alg} is not among those under load`);
}
