import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { installedVersion } from './installed.ts';
import { peerPackages } from './peers/peers.ts';

/** Where and with what something was measured: figures without it say nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly openssl: string;
  /** Installed versions of ours, of the peers and of what servers and clients are made with. */
  readonly packages: Readonly<Record<string, string>>;
  /** Absent outside of a git checkout. */
  readonly commit?: string;
}

const root = join(import.meta.dirname, '..');
const OURS = ['@holdfast/verifier', '@holdfast/issuer', '@holdfast/signer'];
const AROUND = ['sodium-native', 'fastify', 'undici', 'autocannon']; // what is in some figures with them

export function describeMachine(): Machine {
  const commit = readCommit();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
    openssl: process.versions.openssl,
    packages: Object.fromEntries([...OURS, ...peerPackages(), ...AROUND].flatMap(withVersion)),
    ...(commit === undefined ? {} : { commit }),
  };
}

/** Processes that want to run, averaged over the last minute: what else the machine was doing. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

function withVersion(name: string): [string, string][] {
  const version = installedVersion(name);
  return version === undefined ? [] : [[name, version]];
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
