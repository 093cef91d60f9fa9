import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClient } from '../../bench/deployed/deployment-file.ts';
import type { Report } from '../../bench/result.ts';
import { holdfast, type Serving, serving } from '../cli/holdfast-process.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-deployed-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('holdfast bench URL', () => {
  let demo: Serving;
  let urls: Record<'dpop' | 'mtls', string>;
  const deployment = () => join(folder, 'state', 'deployment.json');

  beforeAll(async () => {
    demo = await serving('demo', '--serve', '--json', '--port', '0', '--state', join(folder, 'state'));
    const { resource, mtlsResource } = JSON.parse(demo.firstLine) as { resource: string; mtlsResource: string };
    urls = { dpop: `${resource}/orders`, mtls: `${mtlsResource}/orders` };
  }, 30_000);
  afterAll(() => demo.stop());

  it.each(['dpop', 'mtls'] as const)('times requests to a deployed server by %s, and loses none', async (binding) => {
    const of = ['--deployment', deployment(), '--client', `trader-${binding}`];
    const ended = await holdfast('bench', urls[binding], ...of, '--rate', '20,40', '--seconds', '0.5', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { deployed } = JSON.parse(ended.stdout) as Report;
    expect(deployed).toMatchObject({ url: urls[binding], client: `trader-${binding}`, binding });
    expect(
      deployed?.rates.map(({ rate, refused, authorized }) => [rate, refused.requests, authorized.requests]),
    ).toEqual([
      [20, 10, 10],
      [40, 20, 20],
    ]);
    for (const { refused, authorized } of deployed?.rates ?? []) {
      expect([refused.failures, authorized.failures]).toEqual([{}, {}]);
      expect(authorized.p50).toBeGreaterThan(0);
    }
  });

  it('does not begin where the client is not answered with success, and says how it is', async () => {
    const of = ['--deployment', deployment(), '--client', 'trader-dpop'];
    const { code, stdout, stderr } = await holdfast('bench', urls.dpop.replace('/orders', '/nothing'), ...of);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('bench: the server does not answer this client with success: 404 not_found\n');
  });

  it.each([
    ['nothing', ['--rate', '10,0.1', '--seconds', '1']],
    ['everything at once', ['--rate', '1e12']],
  ])('sends %s to nobody', async (_what, more) => {
    const of = ['--deployment', deployment(), '--client', 'trader-dpop'];
    const { code, stdout, stderr } = await holdfast('bench', urls.dpop, ...of, ...more);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^bench: --rate[^\n]+\n$/);
  });

  it('asks which client, where there are several', async () => {
    const { code, stderr } = await holdfast('bench', urls.dpop, '--deployment', deployment());
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bench: --client: one of trader-dpop, .*\n$/);
  });
});

describe('the file that says who the clients are', () => {
  const client = { client_id: 'trader', auth: 'private_key_jwt', binding: 'dpop', key: 'key.json' };
  const described = (...clients: object[]) => JSON.stringify({ issuer: 'https://issuer.example', clients });

  it.each([
    ['is not there', undefined, 'no such file'],
    ['is no JSON', '{', 'not JSON'],
    ['is no object', '[]', 'not a JSON object'],
    ['names no client', described(), '--client: one of the clients of'],
    ['leaves out a field', described({ ...client, binding: undefined }), 'binding: a text'],
    ['has another binding', described({ ...client, binding: 'bearer' }), 'binding: dpop or mtls'],
    ['has another way to authenticate', described({ ...client, auth: 'none' }), 'auth: private_key_jwt, tls'],
    ['names a key that is not there', described({ ...client, key: 'nowhere.json' }), 'nowhere.json cannot be read'],
    ['names a key that is none', described(client), 'key: the path of a private key'],
  ])('is refused when it %s, without quoting a secret', async (_what, text, reason) => {
    const file = join(folder, 'described.json');
    await writeFile(join(folder, 'key.json'), '{"kty":"EC","d":"a secret"}');
    if (text !== undefined) await writeFile(file, text);
    const opened = openClient(text === undefined ? join(folder, 'nowhere.json') : file, undefined, 'ES256');
    await expect(opened).rejects.toMatchObject({ name: 'UsageError', message: expect.stringContaining(reason) });
    await expect(opened).rejects.not.toMatchObject({ message: expect.stringContaining('a secret') });
  });
});
