import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { entry, serving } from './holdfast-process.ts';

const run = promisify(execFile);

it('the lines that demo --serve prints work in sh, whatever the state folder is called', async (context) => {
  needsProgram(context, 'curl');
  const state = await mkdtemp(join(tmpdir(), `holdfast it's "$HOME": \\`));
  const server = await serving('demo', '--serve', '--port', '0', '--state', state);
  try {
    await expect.poll(server.printed).toContain('Ctrl-C');
    const lines = server
      .printed()
      .split('\n')
      .filter((line) => line.includes('| curl'));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      // what npx would run, without a look at the registry
      const npx = 'npx() { shift; "$NODE" "$ENTRY" "$@"; }';
      const env = { ...process.env, NODE: process.execPath, ENTRY: entry };
      const { stdout } = await run('sh', ['-c', `${npx}\n${line}`], { env });
      expect(JSON.parse(stdout)).toHaveProperty('orders');
    }
  } finally {
    await server.stop();
    await rm(state, { recursive: true, force: true });
  }
});
