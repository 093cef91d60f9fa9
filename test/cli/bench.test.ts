import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entry, holdfast } from './holdfast-process.ts';

describe('holdfast bench', () => {
  it('is npm run bench, with its options and its exit codes', async () => {
    const help = await holdfast('bench', '--help');
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--quick') });
    const wrong = await holdfast('bench', '--onyl', 'raw');
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^bench: [^\n]+\n$/) });
  });

  it('ends what it has started, when it is told to end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
    try {
      const pipe = join(folder, 'report.json');
      execFileSync('mkfifo', [pipe]);
      const child = spawn(process.execPath, [entry, 'bench', '--report', pipe], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(child.stdout.resume(), 'close'); // the bench holds the other end, too
      await using _writer = await open(pipe, 'w'); // opens when the bench does, which then waits for more
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([128 + 15, null]);
      await closed;
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
