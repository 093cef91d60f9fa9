import { seconds, signRequest } from '@holdfast/proof';
import type { PlannedRequest } from '../../load/planned.ts';
import type { FloodKind } from '../flood-kind.ts';
import type { Loot } from '../loot.ts';
import { createStranger, type Stranger } from '../stranger.ts';

/** A client that is registered and has a token of its own, and means no good. */
export const insiderFloods: readonly FloodKind[] = [
  {
    // More than one core can verify, so that few come twice
    name: 'attack valid proofs of one insider',
    code: undefined,
    distinct: 12_000,
    async make(loot, count) {
      const { sender, token, nonce } = await insider(loot);
      const made: PlannedRequest[] = [];
      for (let i = 0; i < count; i += 1) made.push(await sender.request(loot, token, nonce));
      return made;
    },
  },
  {
    // Two signatures are verified, and no proof is used up
    name: 'attack signed requests of one insider',
    code: 'signature_invalid',
    async make(loot, count) {
      const { sender, token, nonce } = await insider(loot);
      const signed = async () => falselySigned(loot, sender, await sender.request(loot, token, nonce));
      return await Promise.all(Array.from({ length: count }, signed));
    },
  },
];

async function insider(loot: Loot) {
  const sender = await createStranger();
  return { sender, token: await loot.issuer.token({ jkt: sender.key.jkt }), nonce: await loot.nonce() };
}

/** Signed as it should be, and then sent under another signature's octets. */
async function falselySigned({ origin }: Loot, { key }: Stranger, request: PlannedRequest): Promise<PlannedRequest> {
  const { method, path, headers } = request;
  const message = { method, targetUri: origin + path, headers: Object.entries(headers).flat() };
  const fields = await signRequest(message, { key, created: seconds(Date.now) });
  const octets = Buffer.alloc(64, 1).toString('base64');
  return { ...request, headers: { ...headers, ...fields, Signature: `sig=:${octets}:` } };
}
