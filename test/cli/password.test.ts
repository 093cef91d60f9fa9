import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readAccounts } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { entry } from './holdfast-process.ts';

/** `holdfast password` with something on its standard input. */
async function hashed(input: string | Buffer) {
  const child = spawn(process.execPath, [entry, 'password'], { timeout: 15_000, killSignal: 'SIGKILL' });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (printed.stderr += chunk));
  child.stdin.on('error', () => {}); // it has read enough
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...printed };
}

const login = (phc: string) =>
  readAccounts([{ username: 'ada', password: phc.trim(), sub: 'u-1' }], { reservedSubjects: [] });

describe('holdfast password', () => {
  it('prints one line that a file of accounts takes, of the first line of its input', async () => {
    const { code, stdout, stderr } = await hashed('correct horse bättery\nsecond line\n');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[^$\n]+\$[^$\n]+\n$/);
    expect(await login(stdout).check('ada', 'correct horse bättery')).toEqual({ sub: 'u-1' });
    expect(await login(stdout).check('ada', 'correct horse bättery\n')).toBeUndefined();
  });

  it('takes a password without a line feed, and one with a carriage return before it', async () => {
    for (const input of ['correct horse battery', 'correct horse battery\r\n']) {
      const { stdout } = await hashed(input);
      expect(await login(stdout).check('ada', 'correct horse battery')).toEqual({ sub: 'u-1' });
    }
  });

  it('warns of a short one', async () => {
    expect(await hashed('swordfish')).toMatchObject({
      code: 0,
      stderr: 'holdfast: short; 15 characters or more are advised\n',
    });
  });

  it.each<[string, string | Buffer]>([
    ['at least 8 characters', ''],
    ['at least 8 characters', 's3cr3t\n'],
    ['at most 1024 octets', 's3cr3t'.repeat(200)],
    ['at most 1024 octets', 's3cr3t'.repeat(100_000)],
    ['not UTF-8', Buffer.concat([Buffer.from('s3cr3t-swordfish'), Buffer.of(0xff)])],
  ])('refuses with %s, and repeats nothing of it', async (reason, input) => {
    expect(await hashed(input)).toEqual({ code: 1, stdout: '', stderr: `holdfast: password: ${reason}\n` });
  });
});
