import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../free-port.ts';
import { entry, holdfast } from './holdfast-process.ts';
import { createDesk, type Desk } from './issuer-desk.ts';
import { CALLBACK, type IssuerFolder, issuerFolder, VENUE } from './issuer-folder.ts';

type Line = Record<string, unknown>;

let folder: IssuerFolder;
let desk: Desk;
const initialToken = randomBytes(32).toString('base64url');

beforeAll(async () => {
  folder = await issuerFolder();
  desk = await createDesk(folder);
}, 30_000);

afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const pathOf = (file: string) => join(folder.path, file);
const textOf = (file: string) => readFile(pathOf(file), 'utf8');

async function linesOf(file: string): Promise<Line[]> {
  const lines = (await textOf(file)).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

const eventsOf = async (file: string) => (await linesOf(file)).map(({ event }) => event);

/** RFC 7591 and RFC 7592: a client that registers, changes and leaves. Returns its secrets. */
async function comeAndGo(): Promise<{ clientId: string; secrets: string[] }> {
  const dispatcher = new Agent({ connect: { ca: folder.ca } });
  const send = async (method: 'POST' | 'PUT' | 'DELETE', url: string, token: string, body: object | null) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await request(url, { dispatcher, method, headers, body: body && JSON.stringify(body) });
    return {
      status: answer.statusCode,
      body: JSON.parse((await answer.body.text()) || '{}') as Record<string, string>,
    };
  };
  const metadata = {
    client_name: 'A guest',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [await publicKey()] },
    redirect_uris: [CALLBACK],
    scope: 'orders:read',
  };
  const { status, body } = await send('POST', `${folder.issuer}/register`, initialToken, metadata);
  expect({ status, body }).toMatchObject({ status: 201 });
  const { client_id: clientId = '', registration_access_token: token = '', registration_client_uri: uri = '' } = body;
  const changed = await send('PUT', uri, token, { ...metadata, client_id: clientId, client_name: 'Another guest' });
  expect(changed).toMatchObject({ status: 200 });
  const current = changed.body['registration_access_token'] ?? token;
  expect(await send('DELETE', uri, current, null)).toMatchObject({ status: 204 });
  await dispatcher.close();
  return { clientId, secrets: [initialToken, token, current] };
}

async function publicKey(): Promise<object> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { publicKey: key } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', key);
  return { kty, crv, x, y, alg: 'ES256' };
}

describe('the audit trail of holdfast issuer', () => {
  it('BCP-4.9.3-01 says who was granted what, and holds no secret of a run', async () => {
    const hash = createHash('sha256').update(initialToken).digest('base64url');
    const registration = { initial_access_token_hashes: [hash], scope: 'orders:read' };
    const issuing = await folder.start(await folder.configured({ audit: 'run.jsonl', registration }));
    await desk.authorize({ password: 'Tr0ub4dor&3 is wrong' });
    await desk.authorize({ decision: 'deny' });
    const { body } = await desk.redeem(await desk.authorize());
    await desk.send('/token', { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) });
    await desk.token();
    await desk.send('/revoke', { token: String(body['refresh_token']) });
    const guest = await comeAndGo();
    const { stderr } = await issuing.stop();

    const lines = await linesOf('run.jsonl');
    const grants = lines.filter(({ event }) => event === 'authorization.granted').map(({ grant }) => grant);
    const [grant] = grants;
    expect(grants).toEqual([expect.stringMatching(/^\S{16,}$/)]);
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const anna = { at, clientId: 'desk', subject: 'person-anna' };
    const token = { event: 'token.issued', audience: VENUE, scope: expect.arrayContaining(['orders:read']) };
    expect(lines).toMatchObject([
      { at, event: 'login.refused', clientId: 'desk', code: 'login_refused' },
      { ...anna, event: 'login.succeeded' },
      { at, event: 'authorization.denied', clientId: 'desk', code: 'consent_denied' },
      { ...anna, event: 'login.succeeded' },
      { ...anna, event: 'authorization.granted', grant },
      { ...anna, ...token, grant, grantType: 'authorization_code', jkt: expect.any(String) },
      { ...anna, ...token, grant, grantType: 'refresh_token' },
      { ...token, at, clientId: 'desk', subject: 'desk', grantType: 'client_credentials' },
      { at, event: 'grant.revoked', clientId: 'desk', grant, reason: 'requested' },
      { at, event: 'client.registered', clientId: guest.clientId },
      { at, event: 'client.updated', clientId: guest.clientId },
      { at, event: 'client.deleted', clientId: guest.clientId },
    ]);
    expect((await stat(pathOf('run.jsonl'))).mode & 0o777).toBe(0o600);

    const told = [await textOf('run.jsonl'), stderr].join('\n');
    const kinds = new Set([...desk.secrets.keys()].map((kind) => kind.split(' ')[0]));
    expect([...kinds].sort()).toEqual(
      ['access_token', 'assertion', 'code', 'cookie', 'csrf', 'id_token', 'password', 'proof'].concat([
        'refresh_token',
        'request_uri',
        'state',
        'verifier',
      ]),
    );
    const secrets = [...desk.secrets, ...guest.secrets.map((secret) => ['registration', secret] as const)];
    for (const [kind, secret] of secrets) {
      expect(secret.length, kind).toBeGreaterThan(15);
      for (const part of secret.split('.')) expect([kind, told.includes(part.slice(0, 24))]).toEqual([kind, false]);
    }
  }, 60_000);

  it('tells of the reuse of a code, and what that took away', async () => {
    const issuing = await folder.start(await folder.configured({ audit: 'reuse.jsonl' }));
    const authorized = await desk.authorize();
    expect(await desk.redeem(authorized)).toMatchObject({ status: 200 });
    expect((await desk.redeem(authorized)).body).toMatchObject({ error: 'invalid_grant', code: 'code_used' });
    await issuing.stop();
    const lines = await linesOf('reuse.jsonl');
    expect(lines.at(-1)).toMatchObject({ event: 'grant.revoked', reason: 'code_used', grant: lines.at(-2)?.['grant'] });
  }, 30_000);

  it('tells of each key that comes into another state, whoever changed it', async () => {
    await writeFile(pathOf('passphrase'), 'of more than sixteen letters', { mode: 0o600 });
    const keys = { file: 'keys.json', passphrase_file: 'passphrase' };
    const config = await folder.configured({ audit: 'keys.jsonl', keys, signing_key_files: undefined });
    expect(await holdfast('keys', 'add', '--config', config)).toMatchObject({ code: 0 });
    const issuing = await folder.start(config);
    const { stdout } = await holdfast('keys', 'rotate', '--now', '--json', '--config', config);
    const { changes } = JSON.parse(stdout) as { changes: { kid: string; state: string }[] };
    expect(changes.map(({ state }) => state).sort()).toEqual(['current', 'next', 'retiring']);
    await vi.waitFor(async () => expect(await linesOf('keys.jsonl')).toHaveLength(3), 10_000);
    await issuing.stop();
    const told = (await linesOf('keys.jsonl')).map(({ event, kid, state }) => ({ event, kid, state }));
    expect(told).toEqual(changes.map(({ kid, state }) => ({ event: 'key.changed', kid, state })));
  }, 30_000);

  it('goes on in a new file on SIGHUP, for logrotate', async () => {
    const issuing = await folder.start(await folder.configured({ audit: 'rotated.jsonl' }));
    await desk.token();
    await rename(pathOf('rotated.jsonl'), pathOf('rotated.jsonl.1'));
    issuing.child.kill('SIGHUP');
    await vi.waitFor(() => stat(pathOf('rotated.jsonl')));
    await desk.token();
    expect(await issuing.stop()).toMatchObject({ code: 0 });
    expect(await eventsOf('rotated.jsonl.1')).toEqual(['token.issued']);
    expect(await eventsOf('rotated.jsonl')).toEqual(['token.issued']);
  }, 30_000);
});

describe('what cannot be recorded is not granted', () => {
  it('RFC 9700 §4.14.2 while the folder is away: 503, not ready; then a line that says so', async () => {
    const port = await freePort();
    await mkdir(pathOf('trail'));
    const config = await folder.configured({ audit: 'trail/audit.jsonl', service: { port } });
    const issuing = await folder.start(config);
    const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
    expect(await desk.token()).toMatchObject({ status: 200 });
    await rename(pathOf('trail'), pathOf('away'));
    const refused = await desk.token();
    expect(refused).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', code: 'audit_unavailable' },
    });
    expect(refused.body).not.toHaveProperty('access_token');
    expect(await readiness()).toEqual({ ready: false, lacking: ['audit'] });
    await rename(pathOf('away'), pathOf('trail'));
    expect(await readiness()).toEqual({ ready: true, lacking: [] });
    expect(await desk.token()).toMatchObject({ status: 200 });
    await issuing.stop();
    expect(await eventsOf('trail/audit.jsonl')).toEqual(['token.issued', 'audit.resumed', 'token.issued']);
  }, 30_000);

  it('RFC 9700 §4.14.2 on a full disk: 503, and each token that was given has its line', async () => {
    const blocks = 4; // of 512 octets: a file of this process cannot be longer
    const config = await folder.configured({ audit: 'full.jsonl' });
    const command = `ulimit -f ${blocks}; exec "$0" "$@"`;
    const child = spawn('sh', ['-c', command, process.execPath, entry, 'issuer', '--config', config]);
    child.stderr.resume();
    await once(createInterface(child.stdout), 'line');
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await desk.token()).status);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    const given = statuses.filter((status) => status === 200).length;
    expect(given).toBeGreaterThan(2);
    expect(statuses).toEqual([...Array(given).fill(200), ...Array(12 - given).fill(503)]);
    const whole = (await textOf('full.jsonl')).split('\n').filter((line) => /^\{.*\}$/.test(line));
    expect(whole).toHaveLength(given);
    await rm(pathOf('full.jsonl'));
  }, 30_000);

  it.each([
    ['no path', 5, /^holdfast: audit: must be the path of a file\n$/],
    ['a folder', 'certs', /^holdfast: [^\n]+certs: this is a directory\n$/],
    ['a path in no folder', 'nowhere/audit.jsonl', /^holdfast: [^\n]+nowhere\/audit\.jsonl: no such file\n$/],
  ])('%s is refused at the start, in one line', async (_what, audit, line) => {
    const { code, stdout, stderr } = await holdfast('issuer', '--config', await folder.configured({ audit }));
    expect(stderr).toMatch(line);
    expect([stdout, code]).toEqual(['', 1]);
  });
});
