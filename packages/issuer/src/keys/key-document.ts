import { hash } from 'node:crypto';
import * as z from 'zod';
import { type KeptKey, readKeptKeys } from './kept-key.ts';
import { unusable } from './refusal.ts';
import type { Passphrase, Sealing } from './sealing.ts';

const jwe = z.string().max(4096);
const envelope = z.strictObject({ holdfast_keys: z.literal(1), locked: jwe, keys: z.unknown(), seal: jwe });

/** What a key file holds, and what its next text is written with. */
export interface KeyDocument {
  readonly keys: readonly KeptKey[];
  readonly sealing: Sealing;
}

/**
 * The text of a key file: keys in the clear, private halves as JWEs, and a seal over all of it, because whoever could put
 * a public key of his own there, or make an old key the current one, would sign for this issuer.
 */
export async function writeKeyDocument({ keys, sealing }: KeyDocument): Promise<string> {
  const seal = await sealing.seal(digest(keys), 'holdfast-keys');
  return `${JSON.stringify({ holdfast_keys: 1, locked: sealing.locked, keys, seal }, null, 2)}\n`;
}

/**
 * Throws `key_unusable` for anything but what `writeKeyDocument` wrote under this passphrase. NOT checked: that it is the
 * latest one; an older file that is put back is sound.
 */
export async function readKeyDocument(text: string, passphrase: Passphrase): Promise<KeyDocument> {
  const { data } = envelope.safeParse(parse(text));
  const keys = readKeptKeys(data?.keys);
  if (data === undefined || keys === undefined) throw unusable('not a key file');
  const sealing = await passphrase.unlock(data.locked);
  if ((await sealing.open(data.seal)) !== digest(keys)) throw unusable('the file was changed');
  return { keys, sealing };
}

// Over the values alone: white space and the order of members mean nothing
function digest(keys: readonly KeptKey[]): string {
  const values = keys.map((key) => {
    const { kid, alg, state, since, publicJwk } = key;
    return [kid, alg, state, since, publicJwk, key.state === 'retiring' ? key.until : key.sealed];
  });
  return hash('sha256', JSON.stringify(values), 'hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the parser's message would quote the file
  }
}
