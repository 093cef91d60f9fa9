import { randomBytes, randomUUID } from 'node:crypto';
import type { PlannedRequest } from '../../load/planned.ts';
import type { FloodKind } from '../flood-kind.ts';
import type { Loot } from '../loot.ts';
import { createStranger, type Stranger } from '../stranger.ts';

const ENDED = -60; // seconds that it has to live

/** Tokens that nobody can use, each with a sound proof by the key of whoever sends it. None is known from before. */
export const tokenFloods: readonly FloodKind[] = [
  {
    name: 'attack unknown kids',
    code: 'token_key_unknown',
    isTelling: true,
    make: (loot, count) => each(loot, count, (_, token) => withKid(token, randomUUID())),
  },
  {
    // Needs nothing that is secret: neither a token of anybody nor a signature that is good
    name: 'attack forged tokens',
    code: 'token_signature',
    make: (loot, count) => each(loot, count, (_, token) => withOtherSignature(token)),
  },
  {
    name: 'attack expired tokens',
    code: 'token_expired',
    make: (loot, count) => each(loot, count, ({ key: { jkt } }) => loot.issuer.token({ jkt }, ENDED)),
  },
];

async function each(
  loot: Loot,
  count: number,
  make: (sender: Stranger, stolen: string) => string | Promise<string>,
): Promise<PlannedRequest[]> {
  const [sender, nonce] = [await createStranger(), await loot.nonce()];
  const requests = Array.from({ length: count }, async (_, i) => {
    const token = await make(sender, loot.tokens[i % loot.tokens.length] ?? '');
    return await sender.request(loot, token, nonce);
  });
  return await Promise.all(requests);
}

function withKid(token: string, kid: string): string {
  const [header = '', ...rest] = token.split('.');
  const read: object = JSON.parse(Buffer.from(header, 'base64url').toString());
  return [Buffer.from(JSON.stringify({ ...read, kid })).toString('base64url'), ...rest].join('.');
}

function withOtherSignature(token: string): string {
  const [header = '', payload = ''] = token.split('.');
  return [header, payload, randomBytes(64).toString('base64url')].join('.');
}
