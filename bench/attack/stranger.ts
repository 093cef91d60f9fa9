import { generateKey, type ProofKey } from '@holdfast/proof';
import { createSigner, type Signer } from '@holdfast/signer';
import type { PlannedRequest } from '../load/planned.ts';
import { type Loot, METHOD, PATH, reading } from './loot.ts';

/** Somebody with a key of his own. No token is bound to it, unless he is registered. */
export interface Stranger {
  readonly key: ProofKey;
  /** A request with this token and a proof by his key, sound in all else. */
  request(loot: Pick<Loot, 'origin'>, token: string, nonce: string): Promise<PlannedRequest>;
}

export async function createStranger(): Promise<Stranger> {
  const key = await generateKey('ES256');
  const signer: Signer = createSigner({ key, allowLoopbackHttp: true, mostPerSecond: Number.MAX_SAFE_INTEGER });
  return {
    key,
    async request({ origin }, token, nonce) {
      return reading(token, await signer.proof({ method: METHOD, url: origin + PATH, accessToken: token, nonce }));
    },
  };
}
