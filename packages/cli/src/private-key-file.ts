import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from './command-error.ts';

export type PrivateJwk = Readonly<Record<string, unknown>>;

/** Reads a private JWK; makes an ES256 key, readable by its owner alone, when there is none yet. */
export async function ensurePrivateKey(path: string, kid: string): Promise<PrivateJwk> {
  try {
    return await readPrivateKey(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const half = `${path}.${process.pid}`;
  await writeFile(half, `${JSON.stringify({ ...jwk, kid, alg: 'ES256' }, null, 2)}\n`, { mode: 0o600 });
  await rename(half, path);
  return readPrivateKey(path);
}

export async function readPrivateKey(path: string): Promise<PrivateJwk> {
  const text = await readFile(path, 'utf8');
  try {
    const jwk: unknown = JSON.parse(text);
    if (typeof jwk === 'object' && jwk !== null && 'd' in jwk) return jwk as PrivateJwk;
  } catch {
    // what it holds may be half a key: it is not quoted
  }
  throw new CommandError(`${path}: not a private JWK`);
}

export function publicPart({ kty, crv, x, y, kid, alg }: PrivateJwk): Record<string, unknown> {
  return { kty, crv, x, y, kid, alg };
}
