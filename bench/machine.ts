import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

/** Where and with what something was measured: figures without it say nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly openssl: string;
  /** Installed versions of ours and of the peers. */
  readonly packages: Readonly<Record<string, string>>;
  /** Absent outside of a git checkout. */
  readonly commit?: string;
}

const root = join(import.meta.dirname, '..');
const PACKAGES = ['@holdfast/verifier', '@holdfast/issuer', 'oauth4webapi', 'jose', 'oidc-provider', 'sodium-native'];

export function describeMachine(): Machine {
  const commit = readCommit();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
    openssl: process.versions.openssl,
    packages: Object.fromEntries(PACKAGES.flatMap(installed)),
    ...(commit === undefined ? {} : { commit }),
  };
}

/** Processes that want to run, averaged over the last minute: what else the machine was doing. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

function installed(name: string): [string, string][] {
  const path = findPackageJSON(name, import.meta.url);
  return path === undefined ? [] : [[name, (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version]];
}

function readCommit(): string | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  try {
    const isClean = git('status', '--porcelain') === '';
    return git('rev-parse', '--short=12', 'HEAD') + (isClean ? '' : ', with changes');
  } catch {
    return undefined; // no git on this machine
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
