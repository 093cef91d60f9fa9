import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from 'node:crypto';
import { type Algorithm, algorithms } from '@holdfast/proof';
import { createSigner, generateKey } from '@holdfast/signer';
import { MEASURED } from '../../scene/algorithms.ts';
import { boundRequest } from '../../scene/bound-request.ts';
import type { Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import type { Case, Prepare } from '../case.ts';
import { ofAlgorithm } from './by-algorithm.ts';
import { at, signedPool, splitSigned } from './signed-pool.ts';
import { sodiumCases } from './sodium.ts';

/** What cannot be avoided: the cryptography alone, as node:crypto does it. */
export function rawCases(scenes: Scenes): Case[] {
  const raw = (alg: Algorithm) => ({ group: 'raw', ...ofAlgorithm(alg) }) as const;
  const imported = MEASURED.filter((alg, i) => MEASURED.findIndex((other) => keyOf(other) === keyOf(alg)) === i);
  return [
    ...MEASURED.map((alg) => ({
      ...raw(alg),
      name: `raw ${alg}`,
      open: async () => verifying(await scenes.of(alg)),
    })),
    ...sodiumCases(scenes),
    ...MEASURED.map((alg) => ({ ...raw(alg), name: `raw sign ${alg}`, open: () => signing(alg) })),
    ...imported.map((alg) => ({
      ...raw(alg),
      name: `raw import of ${keyOf(alg)} JWK`,
      open: async () => importing(await scenes.of(alg)),
    })),
    { name: 'raw SHA-256 of a token', group: 'raw', open: () => hashing(scenes, 'sha256'), most: 20_000 },
    {
      name: 'raw SHA-384 of a token', // as ES384 and PS384 hash what they sign
      group: 'raw',
      open: () => hashing(scenes, 'sha384'),
      most: 20_000,
      onlyFull: true,
    },
  ];
}

async function verifying(scene: Scene): Promise<Prepare> {
  const pool = await signedPool(scene);
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { digest, key, input, signature } = at(pool, i);
      if (!verify(digest, input, key, signature)) throw new Error('a good signature does not verify');
    }
  };
}

/** Over what a proof signs, with the key as node:crypto likes it best. */
async function signing(alg: Algorithm): Promise<Prepare> {
  const { digest, options } = algorithms[alg];
  const signer = createSigner({ key: await generateKey(alg) });
  const { input } = splitSigned(await signer.proof(await boundRequest()));
  const key = { key: privateKey(alg), ...options };
  return (count) => () => {
    for (let i = 0; i < count; i += 1) sign(digest, input, key);
  };
}

function privateKey(alg: Algorithm): KeyObject {
  const { kty, crv = '' } = algorithms[alg];
  switch (kty) {
    case 'EC':
      return generateKeyPairSync('ec', { namedCurve: crv }).privateKey;
    case 'OKP':
      return generateKeyPairSync('ed25519').privateKey;
    case 'RSA':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'AKP':
      return generateKeyPairSync(alg === 'ML-DSA-44' ? 'ml-dsa-44' : 'ml-dsa-65').privateKey;
  }
}

/** What a key of this algorithm is called, with its article. */
function keyOf(alg: Algorithm): string {
  const { kty, crv } = algorithms[alg];
  if (kty === 'EC') return `a ${crv}`;
  return `an ${kty === 'RSA' ? 'RSA' : (crv ?? alg)}`;
}

function importing({ clients }: Scene): Prepare {
  const pool = clients.map(({ key }) => ({ ...key.publicJwk }));
  return (count) => () => {
    for (let i = 0; i < count; i += 1) createPublicKey({ key: at(pool, i), format: 'jwk' });
  };
}

async function hashing(scenes: Scenes, digest: 'sha256' | 'sha384'): Promise<Prepare> {
  const pool = (await scenes.es256()).clients.map(({ token }) => token);
  return (count) => () => {
    for (let i = 0; i < count; i += 1) hash(digest, at(pool, i), 'base64url');
  };
}
