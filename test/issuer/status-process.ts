/**
 * A process of an issuer that publishes status lists, on a store in a file. Arguments: the path, a private JWK. It does what
 * its parent tells it and says what came of it:
 * - `allocate` n: places for n tokens
 * - `revoke` place: says when it is answered
 * - `list` id: status and body
 */
import type { StatusReference } from '@holdfast/proof';
import { sqliteStore } from '@holdfast/stores/sqlite';
import { givenKeys } from '../../packages/issuer/src/keys/given-keys.ts';
import { createStatusLists } from '../../packages/issuer/src/status/status-lists.ts';
import { ISSUER } from './forge.ts';

export type Order =
  | { readonly verb: 'allocate'; readonly count: number }
  | { readonly verb: 'revoke'; readonly place: StatusReference }
  | { readonly verb: 'list'; readonly id: string };

const [path = '', jwk = ''] = process.argv.slice(2);
const store = sqliteStore({ path, timeout: 10_000 });
const keys = givenKeys([JSON.parse(jwk)]);
const lists = createStatusLists({ issuer: ISSUER, store, keys, clock: Date.now, ttl: 30 });

process.on('message', async (order: Order) => {
  try {
    process.send?.({ answer: await obey(order) });
  } catch (error) {
    process.send?.({ failure: String(error) });
  }
});
process.send?.({ answer: 'ready' });

async function obey(order: Order): Promise<unknown> {
  if (order.verb === 'revoke') return await lists.revoke(order.place, Math.floor(Date.now() / 1000) + 300);
  if (order.verb === 'list') return await lists.list(order.id);
  const places: StatusReference[] = [];
  for (let i = 0; i < order.count; i += 1) places.push(await lists.allocate());
  return places;
}
