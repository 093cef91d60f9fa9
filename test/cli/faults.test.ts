import { once } from 'node:events';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { holdfast, serving } from './holdfast-process.ts';

let folder: string;

/** A configuration that works, to be broken in one place at a time. */
const good = {
  issuer: `https://localhost:${await freePort()}`,
  tls: { cert: 'certs/server.pem', key: 'certs/server.key.pem', client_authorities: 'certs/ca.pem' },
  signing_key_files: ['issuer.jwk.json'],
  resources: [{ resource: 'https://api.example', scope: 'orders:read' }],
  clients: [
    {
      client_id: 'trader',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=trader',
      scope: 'orders:read',
    },
  ],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-faults-'));
  await ensureCertificates(join(folder, 'certs'), { now: new Date() });
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey);
  await writeFile(join(folder, 'issuer.jwk.json'), JSON.stringify({ kty, crv, x, y, d, kid: 'k1', alg: 'ES256' }));
}, 30_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function configured(content: string): Promise<string> {
  const path = join(folder, 'issuer.json');
  await writeFile(path, content);
  return path;
}

/** One line on stderr, nothing on stdout, a code that is not 0, no stack. */
async function expectOneLine(pattern: RegExp, ...args: string[]): Promise<void> {
  expect(await codeWithOneLine(pattern, ...args)).toBe(1);
}

async function codeWithOneLine(pattern: RegExp, ...args: string[]): Promise<number | null> {
  const { code, stdout, stderr } = await holdfast(...args);
  expect(stderr).toMatch(pattern);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(stdout).toBe('');
  return code;
}

describe('a fault of the person or the machine is one clear line', () => {
  it('starts with the good configuration, so that only the breakage can be what is refused', async () => {
    const path = await configured(JSON.stringify(good));
    const issuer = await serving('issuer', '--config', path);
    expect(issuer.firstLine).toContain(good.issuer);
    expect(await issuer.stop()).toMatchObject({ code: 0 });
  });

  it.each([
    ['an issuer without https', { ...good, issuer: 'http://localhost:1' }, /issuer: must be an https origin/],
    ['an unknown field', { ...good, isuer: 'x' }, /isuer: /],
    ['no clients', { ...good, clients: undefined }, /clients: /],
    ['a client without id', { ...good, clients: [{ ...good.clients[0], client_id: '' }] }, /clients\[0\]\.client_id: /],
    [
      'a secret as authentication',
      { ...good, clients: [{ ...good.clients[0], token_endpoint_auth_method: 'client_secret_basic' }] },
      /clients\[0\]\.token_endpoint_auth_method: /,
    ],
    [
      'a scope that no resource has',
      { ...good, clients: [{ ...good.clients[0], scope: 'admin' }] },
      /clients\[0\]\.scope: /,
    ],
    ['no TLS', { ...good, tls: undefined }, /tls\.cert: /],
    [
      'a missing certificate file',
      { ...good, tls: { ...good.tls, cert: 'nowhere.pem' } },
      /nowhere\.pem: no such file/,
    ],
    [
      'a missing signing key file',
      { ...good, signing_key_files: ['nowhere.jwk.json'] },
      /nowhere\.jwk\.json: no such file/,
    ],
    ['no signing key', { ...good, signing_key_files: undefined }, /signing_keys: /],
    ['a certificate in place of the key', { ...good, tls: { ...good.tls, key: 'certs/server.pem' } }, /tls/],
  ])('%s', async (_what, config, pattern) => {
    await expectOneLine(pattern, 'issuer', '--config', await configured(JSON.stringify(config)));
  });

  it('the second of two ports in use: the first is given back', async () => {
    const taken = createServer().listen(0, '::');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const config = { ...good, mtls_origin: `https://localhost:${port}` };
    await expectOneLine(/port \d+: the port is in use/, 'issuer', '--config', await configured(JSON.stringify(config)));
    taken.close();
  });

  it('mutual TLS without authorities', async () => {
    const config = {
      ...good,
      mtls_origin: 'https://localhost:1',
      tls: { ...good.tls, client_authorities: undefined },
    };
    await expectOneLine(/tls\.client_authorities: /, 'issuer', '--config', await configured(JSON.stringify(config)));
  });

  it.each([
    ['not JSON', '{"issuer": "secret', /issuer\.json: not JSON/],
    ['JSON with comments', '{ // "secret"\n}', /issuer\.json: not JSON, which has no comments/],
    ['not an object', '["secret"]', /issuer\.json: not a JSON object/],
  ])('a configuration that is %s', async (_what, text, line) => {
    await expectOneLine(line, 'issuer', '--config', await configured(text));
  });

  it('a configuration that is not there', async () => {
    await expectOneLine(/nowhere\.json: no such file/, 'issuer', '--config', join(folder, 'nowhere.json'));
  });

  it('a state folder that is a file', async () => {
    const path = join(folder, 'a-file');
    await writeFile(path, '');
    await expectOneLine(/a-file/, 'demo', '--state', path);
  });

  it('a damaged client key, without quoting it', async () => {
    const state = join(folder, 'state');
    await cp(join(folder, 'certs'), join(state, 'certs'), { recursive: true });
    await writeFile(join(state, 'trader'), '');
    const { code } = await holdfast('demo', '--state', state);
    expect(code).toBe(0);
    const key = join(state, 'keys', 'trader-dpop.jwk.json');
    await writeFile(key, '{"d":"very-secret');
    await chmod(key, 0o600);
    const { stderr } = await holdfast('demo', '--state', state);
    expect(stderr).toMatch(/^holdfast: \S+trader-dpop\.jwk\.json: not a private JWK\n$/);
  });

  it.each([
    [['nonsense'], /nonsense: no such command/],
    [['--state', 'x', 'bench'], /bench: its options come after it/],
    [['evidence', 'verify', 'x', '--haed', 'y'], /Unknown option '--haed'/],
    [['evidence', 'verify', 'x', 'y'], /evidence: too many operands/],
    [['demo', '--sreve'], /Unknown option '--sreve'/],
    [['demo', '--state'], /'--state <value>' argument missing; see/],
    [['demo', '--state', '--json'], /'--state' argument is ambiguous; see/],
    [['demo', '--serve', '--port', 'x'], /--port: a number/],
    [['demo', '--serve', '--port', ''], /--port: a number/],
    [['demo', '--port', '65533'], /--port: a number/],
    [['demo', '--state', ''], /--state: /],
    [['demo', 'extra'], /demo: too many operands/],
    [['headers', 'GET', 'https://localhost', 'extra'], /headers: too many operands/],
    [['issuer', 'extra', '--config', 'x'], /issuer: too many operands/],
    [['certs', 'a', 'b'], /certs: too many operands/],
    [['headers', 'GET'], /usage: holdfast headers/],
    [['issuer'], /usage: holdfast issuer/],
  ])('2 for a command line that is wrong: holdfast %j', async (args, pattern) => {
    expect(await codeWithOneLine(pattern, ...args)).toBe(2);
  });

  it('no command at all: the help, and 2', async () => {
    expect(await holdfast()).toMatchObject({ code: 2, stdout: expect.stringContaining('holdfast demo') });
    expect(await holdfast('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('holdfast headers') });
  });
});
