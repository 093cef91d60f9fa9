import { hash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { type KeptKey, readKeptKeys } from './kept-key.ts';
import { unusable } from './refusal.ts';
import type { Sealing } from './sealing.ts';

const envelope = z.strictObject({ holdfast_keys: z.literal(1), keys: z.unknown(), seal: z.string().max(4096) });

/**
 * The text of a key file: keys in the clear, private halves as JWEs, and a seal over all of it, because whoever could put
 * a public key of his own there, or make an old key the current one, would sign for this issuer.
 */
export async function writeKeyDocument(keys: readonly KeptKey[], sealing: Sealing): Promise<string> {
  const seal = await sealing.seal('holdfast-keys', digest(keys));
  return `${JSON.stringify({ holdfast_keys: 1, keys, seal }, null, 2)}\n`;
}

/**
 * Throws `key_unusable` for anything but what `writeKeyDocument` wrote under this passphrase. NOT checked: that it is the
 * latest one; an older file that is put back is sound.
 */
export async function readKeyDocument(text: string, sealing: Sealing): Promise<KeptKey[]> {
  const { data } = envelope.safeParse(parse(text));
  const keys = readKeptKeys(data?.keys);
  if (data === undefined || keys === undefined) throw unusable('not a key file');
  const sealed = await sealing.open('holdfast-keys', data.seal);
  if (sealed === undefined) throw unusable('the passphrase is wrong, or the file was changed');
  if (!isSame(sealed, digest(keys))) throw unusable('the file was changed');
  return keys;
}

// Over the values alone: white space and the order of members mean nothing
function digest(keys: readonly KeptKey[]): string {
  const values = keys.map((key) => {
    const { kid, alg, state, since, publicJwk } = key;
    return [kid, alg, state, since, publicJwk, key.state === 'retiring' ? key.until : key.sealed];
  });
  return hash('sha256', JSON.stringify(values), 'hex');
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the parser's message would quote the file
  }
}
