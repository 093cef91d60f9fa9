import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { createSigner, generateKey } from '@holdfast/signer';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { holdfast, type Serving, serving } from './holdfast-process.ts';

const issuer = `https://localhost:${await freePort()}`;
const clientKey = await generateKeyPair('ES256', { extractable: true });
const signer = createSigner({ key: await generateKey() });
const children: Serving[] = [];
let folder: string;
let dispatcher: Agent;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-store-'));
  await ensureCertificates(join(folder, 'certs'), { now: new Date() });
  dispatcher = new Agent({ connect: { ca: await readFile(join(folder, 'certs/ca.pem'), 'utf8') } });
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'ES256' };
  await writeFile(join(folder, 'issuer.jwk.json'), JSON.stringify(jwk));
}, 30_000);

afterAll(async () => {
  for (const { child } of children) child.kill('SIGKILL');
  await dispatcher.close();
  await rm(folder, { recursive: true, force: true });
});

/** The path of a configuration with this for its `store`. */
async function configured(store: unknown): Promise<string> {
  const path = join(folder, `issuer ${randomUUID()}.json`);
  const config = {
    issuer,
    tls: { cert: 'certs/server.pem', key: 'certs/server.key.pem' },
    signing_key_files: ['issuer.jwk.json'],
    resources: [{ resource: 'https://api.example', scope: 'orders:read' }],
    clients: [
      {
        client_id: 'trader',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...(await exportJWK(clientKey.publicKey)), alg: 'ES256' }] },
        scope: 'orders:read',
      },
    ],
    store,
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

async function start(config: string): Promise<Serving> {
  const child = await serving('issuer', '--config', config);
  children.push(child);
  return child;
}

async function kill({ child }: Serving): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

function assertion(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: 'trader', sub: 'trader', aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(clientKey.privateKey);
}

/** What a token request with this assertion and a new proof is answered: `token` or the code of a refusal. */
async function asked(text: string): Promise<unknown> {
  const url = `${issuer}/token`;
  const ask = async (nonce?: string) =>
    request(url, {
      dispatcher,
      method: 'POST',
      reset: true, // the next one may meet another process
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        dpop: await signer.proof({ method: 'POST', url, ...(nonce === undefined ? {} : { nonce }) }),
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: text,
      }).toString(),
    });
  const challenge = await ask();
  await challenge.body.dump();
  const { body } = await ask(String(challenge.headers['dpop-nonce']));
  const answer = (await body.json()) as Record<string, unknown>;
  return answer['access_token'] === undefined ? answer['code'] : 'token';
}

describe('holdfast issuer with a store', () => {
  it('CA-3-08 takes no assertion again after kill −9, nor after it was stopped', async () => {
    const config = await configured('used.db');
    const first = await start(config);
    const text = await assertion();
    expect([await asked(text), await asked(text)]).toEqual(['token', 'assertion_replayed']);
    await kill(first);
    const second = await start(config);
    expect([await asked(text), await asked(await assertion())]).toEqual(['assertion_replayed', 'token']);
    expect(await second.stop()).toMatchObject({ code: 0 });
    const third = await start(config);
    expect(await asked(text)).toBe('assertion_replayed');
    await third.stop();
    expect((await stat(join(folder, 'used.db'))).mode & 0o777).toBe(0o600);
  }, 30_000);

  it('and without one forgets with its process, as it always did', async () => {
    const config = await configured(undefined);
    const text = await assertion();
    for (const answers of [
      ['token', 'assertion_replayed'],
      ['token', 'assertion_replayed'],
    ]) {
      const issuing = await start(config);
      expect([await asked(text), await asked(text)]).toEqual(answers);
      await issuing.stop();
    }
  }, 30_000);

  it.each([
    ['no path', 5, /^holdfast: store: must be the path of a file\n$/],
    ['an empty path', '', /^holdfast: store: must be the path of a file\n$/],
    ['a folder', 'folder', /^holdfast: store: folder: a symbolic link or not a file\n$/],
    ['a path in no folder', 'nowhere/used.db', /^holdfast: store: nowhere\/used\.db: the folder is not there\n$/],
    [
      'a file of something else',
      'certs/server.key.pem',
      /^holdfast: store: certs\/server\.key\.pem: not a database\n$/,
    ],
  ])('%s is refused in one line', async (_what, store, line) => {
    await mkdir(join(folder, 'folder'), { recursive: true });
    const { code, stdout, stderr } = await holdfast('issuer', '--config', await configured(store));
    expect(stderr).toMatch(line);
    expect([stdout, code]).toEqual(['', 1]);
  });
});
