import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

/** Vectors of https://github.com/C2SP/wycheproof at dac1dd47, folder testvectors_v1. They are not part of this repository. */
const FOLDER =
  process.env['HOLDFAST_WYCHEPROOF'] ?? fileURLToPath(new URL('../../../shared/wycheproof', import.meta.url));

export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  /** Hexadecimal. */
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

export interface Group {
  readonly tests: readonly Vector[];
  /** As the file has it, or made from its DER. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** Of RSA-PSS: hash, hash of the mask and octets of salt that the signatures of the group are meant to have. */
  readonly parameters: string;
}

let isSaid = false;

/**
 * The groups of a file, or skips the test; the first of them says in one line how to bring the vectors. With `wycheproof` in
 * HOLDFAST_REQUIRE a missing file fails the test instead, so that a skip cannot hide in CI.
 */
export function needsVectors(context: TestContext, file: string): readonly Group[] {
  const path = join(FOLDER, file);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')).testGroups.map(group);
  const advice = `no ${file}: HOLDFAST_WYCHEPROOF names the folder of Wycheproof's testvectors_v1`;
  if ((process.env['HOLDFAST_REQUIRE'] ?? '').split(',').includes('wycheproof')) throw new Error(advice);
  if (!isSaid) process.stderr.write(`skipped: Wycheproof's vectors: ${advice}\n`);
  isSaid = true;
  return context.skip(advice);
}

interface RawGroup {
  readonly tests: readonly Vector[];
  readonly publicKeyDer: string;
  readonly publicKeyJwk?: Readonly<Record<string, unknown>>;
  readonly sha?: string;
  readonly mgfSha?: string;
  readonly sLen?: number;
}

function group({ tests, publicKeyDer, publicKeyJwk, sha, mgfSha, sLen }: RawGroup): Group {
  const key = createPublicKey({ key: Buffer.from(publicKeyDer, 'hex'), format: 'der', type: 'spki' });
  return { tests, jwk: publicKeyJwk ?? { ...key.export({ format: 'jwk' }) }, parameters: `${sha} ${mgfSha} ${sLen}` };
}
