import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdfast, type Serving, serving } from './holdfast-process.ts';

interface Facts {
  readonly issuer: string;
  readonly resource: string;
  readonly ca: string;
}

let state: string;
let server: Serving;
let facts: Facts;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-headers-'));
  server = await serving('demo', '--serve', '--json', '--port', '0', '--state', state);
  facts = JSON.parse(server.firstLine) as Facts;
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(state, { recursive: true, force: true });
});

const headers = (url: string, folder = state) =>
  holdfast('headers', 'GET', url, '--client', 'trader-dpop', '--state', folder);

it('holdfast headers prints a token that is still good, and was not given back when it ended', async () => {
  const url = `${facts.resource}/orders`;
  const lines = (await headers(url)).stdout.trim().split('\n');
  const fields = Object.fromEntries(lines.map((line) => line.split(': ', 2)));
  const dispatcher = new Agent({ connect: { ca: await readFile(facts.ca) } });
  // The first token that the venue sees: it fetches what was revoked
  const { statusCode } = await request(url, { headers: fields, dispatcher });
  await dispatcher.destroy();
  expect(statusCode).toBe(200);
});

describe('holdfast headers tells in one line', () => {
  it('that a host is not known', async () => {
    const { code, stderr } = await headers('https://holdfast.invalid/orders');
    expect([code, stderr]).toEqual([1, 'holdfast: holdfast.invalid: no such host\n']);
  });

  it('that a URL is not https', async () => {
    const { code, stderr } = await headers(facts.issuer.replace('https:', 'http:'));
    expect([code, stderr]).toEqual([2, 'holdfast: the second argument must be an https URL\n']);
  });

  it('that a connection was cut', async () => {
    const rude = createServer((socket) => socket.on('error', () => {}).destroy()).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const { code, stderr } = await headers(`https://localhost:${(rude.address() as AddressInfo).port}/`);
    rude.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^holdfast: [^\n]*the other side closed the connection\n$/),
    ]);
  });

  it('that a certificate is not trusted', async () => {
    const other = await serving('demo', '--serve', '--json', '--port', '0', '--state', join(state, 'other'));
    const { code, stderr } = await headers((JSON.parse(other.firstLine) as Facts).issuer);
    await other.stop();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^holdfast: the TLS handshake failed \(\w+\)\n$/)]);
  });

  it('that no TLS is spoken', async () => {
    const plain = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\n\r\n'));
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const { code, stderr } = await headers(`https://localhost:${(plain.address() as AddressInfo).port}/`);
    plain.close();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^holdfast: the TLS handshake failed \(\w+\)\n$/)]);
  });

  it('nothing of what it read, when it fails in a way that nobody foresaw', async () => {
    const folder = join(state, 'strange');
    await cp(join(state, 'keys'), join(folder, 'keys'), { recursive: true });
    const clients = [{ client_id: 'trader-dpop', binding: 'dpop' }];
    await writeFile(join(folder, 'deployment.json'), JSON.stringify({ clients, ca: 'swordfish\0' }));
    const { code, stdout, stderr } = await headers('https://localhost/', folder);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^holdfast: a fault of holdfast itself \(TypeError ERR_INVALID_ARG_VALUE\)\n {4}at /);
    expect(stderr).not.toContain('swordfish');
  });
});
