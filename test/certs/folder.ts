import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-certs-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface FileState {
  readonly mode: number;
  readonly modified: bigint;
  readonly content: string;
}

/** Every file below the folder, by its path in it. */
export function filesIn(folder: string): Map<string, FileState> {
  const files = new Map<string, FileState>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    const { mode, mtimeNs: modified } = statSync(path, { bigint: true });
    if (statSync(path).isDirectory()) continue;
    files.set(name, { mode: Number(mode) & 0o777, modified, content: readFileSync(path, 'utf8') });
  }
  return files;
}

/** What the layout promises, with the keys. */
export const LAYOUT = [
  'ca',
  'server',
  'clients/trader-mtls',
  'clients/trader-self-signed',
  'clients/thief',
  'wrong/expired-client',
  'wrong/not-yet-valid-client',
  'wrong/other-authority',
  'wrong/other-authority-client',
  'wrong/expired-server',
  'wrong/wrong-name-server',
].flatMap((stem) => [`${stem}.pem`, `${stem}.key.pem`]);
