import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entry, type Serving, serving } from '../cli/holdfast-process.ts';
import { freePort } from '../free-port.ts';
import { needsProgram } from '../programs.ts';

const PORTS = ['8443', '8444', '9464'];
const file = fileURLToPath(new URL('../../packages/issuer/README.md', import.meta.url));
let folder: string;
let guide: string;
let issuing: Serving | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-guide-'));
  guide = await readFile(file, 'utf8');
  // The ports of the guide may be in use on this machine
  for (const port of PORTS) guide = guide.replaceAll(port, String(await freePort()));
});

afterAll(async () => {
  issuing?.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);

/** What a shell prints for these lines, in the folder, with a person who types this. */
function shell(lines: string, typed = ''): Promise<string> {
  const ours = 'npx() { shift; "$NODE" "$ENTRY" "$@"; }';
  const env = { ...process.env, NODE: process.execPath, ENTRY: entry };
  return new Promise((resolve, reject) => {
    const child = execFile('bash', ['-euc', `${ours}\n${lines}`], { cwd: folder, env }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdin?.end(typed);
  });
}

it('the steps of the guide to the issuer lead to a token, as they stand', async (context) => {
  for (const program of ['openssl', 'curl'] as const) needsProgram(context, program);
  const [config = '', accounts = ''] = blocks('json');
  const [steps = '', first = ''] = blocks('sh');
  await writeFile(join(folder, 'issuer.json'), config);
  const hash = (await shell(steps, 'correct horse battery staple\n')).trim().split('\n').at(-1) ?? '';
  expect(hash).toMatch(/^\$scrypt\$/);
  await writeFile(
    join(folder, 'accounts.json'),
    accounts.replace('$scrypt$…', () => hash),
  );
  issuing = await serving('issuer', '--config', join(folder, 'issuer.json'));
  expect(JSON.parse(await shell(first))).toMatchObject({ token_type: 'Bearer', scope: 'orders:read' });
}, 30_000);
