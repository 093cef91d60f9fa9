import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, generateKey, importKey } from '@holdfast/signer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headJoined } from '../../packages/cli/src/ids-last.ts';
import { holdfast, serving } from './holdfast-process.ts';

const ORDER = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 100, price: '10.00' };

let folder: string;
let file: string;
let text: string;

/** A venue in a process of its own records two orders, and is killed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-evidence-cli-'));
  file = join(folder, 'evidence.jsonl');
  const state = join(folder, 'state');
  const server = await serving('demo', '--serve', '--json', '--port', '0', '--state', state, '--evidence', file);
  const { issuer, resource, ca, clients } = JSON.parse(server.firstLine);
  const { key } = clients.find(({ client_id: id }: { client_id: string }) => id === 'trader-dpop');
  const client = createClient({
    issuer,
    clientId: 'trader-dpop',
    auth: { method: 'private_key_jwt', key: await importKey(JSON.parse(await readFile(key, 'utf8'))) },
    binding: { method: 'dpop', key: await generateKey() },
    tls: { ca: await readFile(ca) },
    signatures: { evidence: true },
  });
  for (const _ of [1, 2]) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ORDER) };
    expect((await client.fetch(`${resource}/orders`, init)).status).toBe(201);
  }
  server.child.kill('SIGKILL');
  await client.close({ revoke: false });
  text = await readFile(file, 'utf8');
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const verify = (...args: string[]) => holdfast('evidence', 'verify', ...args);

describe('holdfast evidence verify', () => {
  it('exits 0 for what a venue wrote until it was killed, and prints its head and what it does not tell', async () => {
    const { at, hash } = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
    const [seen, known] = await Promise.all([verify(file), verify(file, '--head', hash, '--json')]);
    const { code, stdout, stderr } = seen;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(`^2 orders in 3 entries, from 2.*Z to ${at}$`),
      `head ${hash}, entry 2`,
      'as it was written, up to this head; whether more followed, only a head that was kept elsewhere tells (--head)',
      '',
    ]);
    expect([known.code, JSON.parse(known.stdout)]).toEqual([
      0,
      expect.objectContaining({ good: true, orders: 2, head: { sequence: 2, hash }, findings: [], leftOff: 0 }),
    ]);
  });

  it('exits 1 for what was changed or cut off, and says where', async () => {
    const [first = '', second = '', third = ''] = text.trimEnd().split('\n');
    const changed = join(folder, 'changed.jsonl');
    await writeFile(changed, `${[first, third, second.replace('ord-1', 'ord-7')].join('\n')}\n`);
    const short = join(folder, 'cut.jsonl');
    await writeFile(short, `${first}\n${second}\n`);
    const [seen, cut] = await Promise.all([verify(changed), verify(short, '--head', JSON.parse(third).hash, '--json')]);
    const { code, stdout, stderr } = seen;
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.split('\n')).toEqual([
      'line 3, entry 1: altered: its hash is not that of what it says',
      'line 3, entry 1: reordered: this entry belongs to line 2',
      expect.stringMatching(/^1 order in 2 entries/),
      expect.stringMatching(/^head .{43}, entry 2$/),
      'NOT as it was written: 2 findings',
      '',
    ]);
    expect([cut.code, JSON.parse(cut.stdout).findings]).toEqual([
      1,
      [expect.objectContaining({ problem: 'head', line: 2, sequence: 1 })],
    ]);
  });

  it('exits 2 where it cannot tell', async () => {
    const empty = join(folder, 'empty.jsonl');
    await writeFile(empty, '');
    const complaints = [
      [[empty], `${empty}: no entry of evidence is in it`],
      [[], 'usage: holdfast evidence verify FILE [--head HASH] [--json]'],
    ] as const;
    await Promise.all(
      complaints.map(async ([args, complaint]) => {
        const { code, stdout, stderr } = await verify(...args);
        expect([code, stdout, stderr]).toEqual([2, '', `holdfast: ${complaint}\n`]);
      }),
    );
  });

  it('takes a head that begins as an option does', () => {
    const head = `-${'A'.repeat(42)}`;
    expect(headJoined(['evidence', 'verify', '--head', head, 'f'])).toEqual([
      'evidence',
      'verify',
      `--head=${head}`,
      'f',
    ]);
    expect(headJoined(['--head'])).toEqual(['--head']);
    expect(headJoined(['keys', 'list'])).toEqual(['keys', 'list']);
  });
});

describe('holdfast demo --evidence', () => {
  it('is for a venue that stays up', async () => {
    const { code, stderr } = await holdfast('demo', '--evidence', file);
    expect([code, stderr]).toEqual([2, 'holdfast: --evidence: only with --serve\n']);
  });
});
