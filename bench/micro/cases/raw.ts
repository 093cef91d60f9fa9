import { createPublicKey, hash, verify } from 'node:crypto';
import type { Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import type { Case, Prepare } from '../case.ts';
import { openColdRaw } from './cold.ts';
import { at, signedPool } from './signed-pool.ts';
import { sodiumCases } from './sodium.ts';

/** What cannot be avoided: the cryptography alone, as node:crypto does it. */
export function rawCases(scenes: Scenes): Case[] {
  return [
    { name: 'raw ES256', group: 'raw', alg: 'ES256', open: () => signatures(scenes.es256()) },
    { name: 'raw Ed25519', group: 'raw', alg: 'Ed25519', open: () => signatures(scenes.ed25519()) },
    ...sodiumCases(scenes),
    { name: 'raw PS256', group: 'raw', alg: 'PS256', open: () => signatures(scenes.ps256()) },
    { name: 'raw import of a P-256 JWK', group: 'raw', alg: 'ES256', open: () => imports(scenes.es256()) },
    { name: 'raw SHA-256 of a token', group: 'raw', open: () => hashes(scenes.es256()), most: 20_000 },
    { name: 'raw cold key', group: 'raw', alg: 'ES256', open: openColdRaw, most: 300 },
  ];
}

async function signatures(opened: Promise<Scene>): Promise<Prepare> {
  const pool = await signedPool(await opened);
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { digest, key, input, signature } = at(pool, i);
      if (!verify(digest, input, key, signature)) throw new Error('a good signature does not verify');
    }
  };
}

async function imports(opened: Promise<Scene>): Promise<Prepare> {
  const pool = (await opened).clients.map(({ key }) => ({ ...key.publicJwk }));
  return (count) => () => {
    for (let i = 0; i < count; i += 1) createPublicKey({ key: at(pool, i), format: 'jwk' });
  };
}

async function hashes(opened: Promise<Scene>): Promise<Prepare> {
  const pool = (await opened).clients.map(({ token }) => token);
  return (count) => () => {
    for (let i = 0; i < count; i += 1) hash('sha256', at(pool, i), 'base64url');
  };
}
