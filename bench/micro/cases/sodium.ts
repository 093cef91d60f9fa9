import { createRequire } from 'node:module';
import type { Scenes } from '../../scene/scenes.ts';
import type { Bar } from '../bar.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { at, signedPool } from './signed-pool.ts';

interface Sodium {
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

const NAME = 'raw Ed25519 by libsodium';

/** The verifier uses libsodium where it is installed, and then it is what there is to compare with. */
const sodium = load();
export const sodiumBars: readonly Bar[] = sodium === undefined ? [] : [timesOf(NAME)];

export function sodiumCases(scenes: Scenes): Case[] {
  return sodium === undefined ? [] : [{ name: NAME, group: 'raw', alg: 'Ed25519', open: () => open(scenes, sodium) }];
}

async function open(scenes: Scenes, { crypto_sign_verify_detached: verify }: Sodium): Promise<Prepare> {
  const pool = (await signedPool(await scenes.of('Ed25519'))).map((signed) => ({
    ...signed,
    octets: Buffer.from(signed.key.key.export({ format: 'jwk' }).x ?? '', 'base64url'),
  }));
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { signature, input, octets } = at(pool, i);
      if (!verify(signature, input, octets)) throw new Error('a good signature does not verify');
    }
  };
}

function load(): Sodium | undefined {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return undefined;
  }
}
