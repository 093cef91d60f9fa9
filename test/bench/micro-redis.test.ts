import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';

const entry = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

/** `path`: where programs are looked for. */
function bench(path: string | undefined) {
  const args = ['--quick', '--seconds', '0.1', '--only', 'reserve on redis', '--json'];
  const env = { ...process.env, PATH: path };
  return spawnSync(process.execPath, [entry, ...args], {
    encoding: 'utf8',
    env,
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
}

it('measures replay on a Redis of its own, and ends with it', (context) => {
  needsProgram(context, 'redis-server');
  const { status, stdout, stderr } = bench(process.env['PATH']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { cases } = JSON.parse(stdout) as { cases: { name: string }[] };
  expect(cases.map(({ name }) => name)).toEqual(['reserve on Redis', 'reserve on Redis, 16 in flight']);
}, 40_000);

it('says which cases it leaves out, and why', () => {
  expect(bench('').stderr).toMatch(
    /^left out, since redis-server is not on this machine: reserve on Redis; reserve on Redis, 16 in flight\n/,
  );
}, 40_000);

it('leaves nothing behind when it is broken off', async (context) => {
  needsProgram(context, 'redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-broken-off-'));
  try {
    const env = { ...process.env, TMPDIR: folder };
    const running = spawn(process.execPath, [entry, '--seconds', '60', '--only', 'reserve on redis'], { env });
    const exited = once(running, 'exit');
    while (!sockets(folder)) await after(50);
    running.kill('SIGTERM');
    expect(await exited).toEqual([143, null]);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 40_000);

/** Whether a server listens there. */
const sockets = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.sock'));
