import { dirname, join, resolve } from 'node:path';
import { checkSet } from './check-set.ts';
import type { Credential } from './credential.ts';
import { makeFolder, replaceFile } from './folder.ts';
import { type CertificatePaths, certificatePaths, ENTRIES, filePair } from './layout.ts';
import { whileLocked } from './lock.ts';
import { makeSet } from './make-set.ts';

export interface CertificateSet extends CertificatePaths {
  /** When the first of the certificates that are meant to be valid ends. */
  readonly validUntil: Date;
  /** The files that this call wrote; none when the set was sound. */
  readonly made: readonly string[];
}

/**
 * The folder with a set that is complete, consistent and valid for another day: the one it holds, untouched,
 * or a new one in place of all of it. Files that are not of the layout stay. Processes may call it at the
 * same time; they end with the same set. A process killed midway leaves a mixture that the next call renews.
 *
 * Keys get mode 0600, certificates 0644, folders that it makes 0700; folders that exist keep theirs.
 * Throws CertificatesError `not_writable` or `busy`.
 */
export async function ensureCertificates(directory: string, { now }: { now: Date }): Promise<CertificateSet> {
  if (!Number.isFinite(now.getTime())) throw new TypeError('now must be a valid date');
  const root = resolve(directory);
  // Before the lock, so that a sound set in a folder that cannot be written serves as well.
  const standing = await checkSet(root, now);
  if (standing.sound) return { ...certificatePaths(root), validUntil: standing.validUntil, made: [] };

  await makeFolder(root);
  return await whileLocked(root, async () => {
    const meanwhile = await checkSet(root, now);
    const made = meanwhile.sound ? [] : await writeSet(root, await makeSet(now));
    const final = meanwhile.sound ? meanwhile : await checkSet(root, now);
    if (!final.sound) throw new TypeError(`the new set is not sound: ${final.fault}`);
    return { ...certificatePaths(root), validUntil: final.validUntil, made };
  });
}

async function writeSet(root: string, set: ReadonlyMap<string, Credential>): Promise<string[]> {
  const made: string[] = [];
  for (const { stem } of ENTRIES) {
    const credential = set.get(stem);
    if (credential === undefined) throw new TypeError(`${stem} was not made`);
    const paths = filePair(root, stem);
    await makeFolder(dirname(join(root, stem)));
    await replaceFile(paths.key, credential.key, 0o600);
    await replaceFile(paths.certificate, credential.certificate, 0o644);
    made.push(paths.certificate, paths.key);
  }
  return made;
}
