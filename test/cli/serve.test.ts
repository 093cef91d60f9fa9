import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, generateKey, importKey } from '@holdfast/signer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { holdfast, type Serving, serving } from './holdfast-process.ts';

interface Facts {
  readonly issuer: string;
  readonly resource: string;
  readonly mtlsResource: string;
  readonly ca: string;
  readonly clients: readonly {
    readonly client_id: string;
    readonly auth: 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';
    readonly binding: 'dpop' | 'mtls';
    readonly key: string;
    readonly cert?: string;
    readonly scope: string;
  }[];
}

const run = promisify(execFile);
let state: string;
let server: Serving;
let facts: Facts;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-serve-'));
  server = await serving('demo', '--serve', '--json', '--port', '0', '--state', state);
  facts = JSON.parse(server.firstLine) as Facts;
}, 60_000);

afterAll(async () => {
  server.child.kill('SIGKILL');
  await rm(state, { recursive: true, force: true });
});

async function client({ client_id: clientId, auth: method, binding, key, cert }: Facts['clients'][number]) {
  const ca = await readFile(facts.ca);
  const pem = cert === undefined ? {} : { cert: await readFile(cert), key: await readFile(key) };
  return createClient({
    issuer: facts.issuer,
    clientId,
    auth:
      method === 'private_key_jwt'
        ? { method, key: await importKey(JSON.parse(await readFile(key, 'utf8')) as Record<string, unknown>) }
        : { method },
    binding: binding === 'dpop' ? { method: 'dpop', key: await generateKey() } : { method: 'mtls' },
    tls: { ca, ...pem },
  });
}

describe('holdfast demo --serve --json', () => {
  it('gives every client what it needs to read orders', async () => {
    expect(facts.clients.length).toBeGreaterThanOrEqual(3);
    for (const each of facts.clients) {
      const holder = await client(each);
      const response = await holder.fetch(`${each.binding === 'dpop' ? facts.resource : facts.mtlsResource}/orders`);
      expect([each.client_id, response.status]).toEqual([each.client_id, 200]);
      await response.body?.cancel();
      await holder.close();
    }
  });

  it('keeps keys for their owner alone', async () => {
    for (const { key } of facts.clients) expect((await stat(key)).mode & 0o777).toBe(0o600);
  });

  it('is used by curl with the lines of holdfast headers', async (context) => {
    const curl = needsProgram(context, 'curl');
    const url = `${facts.resource}/orders`;
    const { stdout: headers, code } = await holdfast(
      'headers',
      'GET',
      url,
      '--client',
      'trader-dpop',
      '--state',
      state,
    );
    expect(code).toBe(0);
    const lines = headers
      .trim()
      .split('\n')
      .flatMap((line) => ['-H', line]);
    const answer = async () => (await run(curl, ['-s', '--cacert', facts.ca, ...lines, url])).stdout;
    expect(JSON.parse(await answer())).toHaveProperty('orders');
    // good once
    expect(JSON.parse(await answer())).toHaveProperty('code', 'proof_replayed');
  });

  it('refuses a second one on the same port with one line', async () => {
    const { port } = new URL(facts.issuer);
    const second = await holdfast('demo', '--serve', '--port', port, '--state', state);
    expect(second).toEqual({ code: 1, stdout: '', stderr: `holdfast: port ${port}: the port is in use\n` });
  });

  it('ends on SIGTERM with 0, and says afterwards that nothing is running', async () => {
    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
    const late = await holdfast('headers', 'GET', facts.resource, '--client', 'trader-dpop', '--state', state);
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(/^holdfast: [^\n]+nothing is running here[^\n]+\n$/);
  });
});
