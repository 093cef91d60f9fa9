import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type Algorithm, algorithms, readPublicJwk, thumbprint } from '@holdfast/proof';
import { publicPart } from '../client/registered-key.ts';
import type { NewKey } from './key-states.ts';
import { unusable } from './refusal.ts';
import type { Sealing } from './sealing.ts';

const generate = promisify(generateKeyPair);

/** A new key, encrypted at once. Its kid is its thumbprint (RFC 7638): no other key has ever had it, or will have it. */
export async function newKey(alg: Algorithm, sealing: Sealing): Promise<NewKey> {
  const jwk = (await newPrivateKey(alg)).export({ format: 'jwk' });
  const publicJwk = readPublicJwk(publicPart({ ...jwk }), alg);
  const kid = thumbprint(publicJwk);
  if (kid.startsWith('-')) return await newKey(alg, sealing); // a command would take it for an option
  return { kid, alg, publicJwk, sealed: await sealing.seal(JSON.stringify(jwk), 'jwk+json') };
}

async function newPrivateKey(alg: Algorithm): Promise<KeyObject> {
  const { kty, crv = '' } = algorithms[alg];
  switch (kty) {
    case 'EC':
      return (await generate('ec', { namedCurve: crv })).privateKey;
    case 'OKP':
      return (await generate('ed25519')).privateKey;
    case 'RSA':
      return (await generate('rsa', { modulusLength: 2048 })).privateKey;
    case 'AKP':
      throw unusable('alg');
  }
}
