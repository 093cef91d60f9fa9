import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeploymentFacts } from '@holdfast/cli';
import { refusals } from '@holdfast/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serving } from '../cli/holdfast-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const room = join(root, 'packages/signer');
const guide = await readFile(join(room, 'README.md'), 'utf8');
let folder: string;
let server: Serving | undefined;

beforeAll(async () => {
  // Inside the checkout, so that the packages are found; ignored by git
  await mkdir(join(root, '.holdfast'), { recursive: true });
  folder = await mkdtemp(join(root, '.holdfast', 'guide-'));
}, 60_000);

afterAll(async () => {
  server?.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** What the guide leaves to its reader. */
const READER = (facts: DeploymentFacts) => `
import { Agent, fetch as fetchAnywhere } from 'undici';
import { createPerson } from '../../packages/cli/src/demo/person.ts';

const dispatcher = new Agent({ connect: { ca: await readFile(${JSON.stringify(facts.ca)}) } });
const fetchOfYourOwn = (target, init) => fetchAnywhere(target, { ...init, dispatcher });
const sendBrowser = (target) => createPerson(${JSON.stringify(facts.person)}, dispatcher).decide(target, 'approve');
const vault = new Map();
const told = [];
const log = { info: ({ event }) => told.push(event), debug: ({ htm }) => told.push(htm) };
`;

const ENDING = `
const statuses = { call: response.status, undici: statusCode, placed: placed.status, other: answer.status };
console.log(JSON.stringify({ ...statuses, listed: Array.isArray(orders), told: [...new Set(told)] }));
await Promise.all([client, signing, fast].map((each) => each.close()));
`;

describe('the guide to the client', () => {
  it('has code that runs as it stands, but for where the servers are', async () => {
    server = await serving('demo', '--serve', '--json', '--port', '0', '--state', folder);
    const facts = JSON.parse(server.firstLine) as DeploymentFacts;
    const desk = facts.clients.find(({ client_id: id }) => id === 'desk');
    const jwk = JSON.parse(await readFile(desk?.key ?? '', 'utf8')) as Record<string, unknown>;
    const pem = createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' });
    await writeFile(join(folder, 'desk.key.pem'), pem);
    const blocks = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(blocks.length).toBeGreaterThan(7);
    const [first = '', ...others] = blocks;
    const listening = others.splice(-1); // before anything happens
    const code = [READER(facts), ...listening, first, ...others, ENDING]
      .join('\n')
      .replaceAll('https://as.example', facts.issuer)
      .replaceAll('https://venue.example', facts.resource);
    await writeFile(join(folder, 'guide.ts'), code);
    const { stdout, stderr } = spawnSync(process.execPath, ['guide.ts'], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    const { told, ...ended } = JSON.parse(stdout) as Record<string, unknown>;
    expect(ended).toEqual({ call: 200, undici: 200, placed: 201, other: 200, listed: true });
    expect(told).toEqual(
      expect.arrayContaining(['GET', 'POST', 'token_received', 'nonce_challenge', 'identity_replaced']),
    );
  });

  it('links to files that are there, and names codes that are', async () => {
    const links = [...guide.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(5);
    for (const link of links.filter((each) => each.endsWith('.ts'))) await readFile(join(room, link));
    const codes: readonly string[] = refusals().map(({ code }) => code);
    const [, listed = ''] = /stable `code`(.*?)and others of/s.exec(guide) ?? [];
    const named = [...listed.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, code]) => code);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((code) => !codes.includes(code ?? ''))).toEqual([]);
  });
});
