import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { hashPassword } from '@holdfast/issuer';
import { createSigner, generateKey } from '@holdfast/signer';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { type Serving, serving } from './holdfast-process.ts';

const issuer = `https://localhost:${await freePort()}`;
const CALLBACK = 'https://desk.example/callback';
const PASSWORD = 'correct horse battery staple';
const VERIFIER = 'v'.repeat(43);
const MANY = 100;
const clientKey = await generateKeyPair('ES256', { extractable: true });
const signer = createSigner({ key: await generateKey() });
let folder: string;
let dispatcher: Agent;
let issuing: Serving;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-kill-'));
  await ensureCertificates(join(folder, 'certs'), { now: new Date() });
  dispatcher = new Agent({ connect: { ca: await readFile(join(folder, 'certs/ca.pem'), 'utf8') } });
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  await writeJson('issuer.jwk.json', { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'ES256' });
  const password = await hashPassword(PASSWORD);
  await writeJson('accounts.json', [{ username: 'anna', password, sub: 'anna-7' }]);
  await writeJson('issuer.json', {
    issuer,
    tls: { cert: 'certs/server.pem', key: 'certs/server.key.pem' },
    signing_key_files: ['issuer.jwk.json'],
    accounts: 'accounts.json',
    store: 'issuer.db',
    refresh_token_rotation: { grace: 60 },
    resources: [{ resource: 'https://api.example', scope: 'orders:read', access_token_format: 'opaque' }],
    clients: [
      {
        client_id: 'trader',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...(await exportJWK(clientKey.publicKey)), alg: 'ES256' }] },
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        redirect_uris: [CALLBACK],
        dpop_bound_access_tokens: true,
        scope: 'orders:read',
      },
    ],
  });
  issuing = await serving('issuer', '--config', join(folder, 'issuer.json'));
}, 60_000);

afterAll(async () => {
  issuing.child.kill('SIGKILL');
  await dispatcher.close();
  await rm(folder, { recursive: true, force: true });
});

const writeJson = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));

async function killAndRestart(): Promise<void> {
  const ended = new Promise((resolve) => issuing.child.once('exit', resolve));
  issuing.child.kill('SIGKILL');
  await ended;
  issuing = await serving('issuer', '--config', join(folder, 'issuer.json'));
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, string>>;
}

function assertion(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: 'trader', sub: 'trader', aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(clientKey.privateKey);
}

async function post(path: string, form: Record<string, string>, nonce?: string, given?: string): Promise<Answer> {
  const url = issuer + path;
  const { statusCode, headers, body } = await request(url, {
    dispatcher,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      dpop: await signer.proof({ method: 'POST', url, ...(nonce === undefined ? {} : { nonce }) }),
    },
    body: new URLSearchParams({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: given ?? (await assertion()),
      ...form,
    }).toString(),
  });
  const text = await body.text();
  return { status: statusCode, headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, string>) };
}

const nonce = async () => String((await post('/token', { grant_type: 'client_credentials' })).headers['dpop-nonce']);

async function push(): Promise<string> {
  const form = {
    response_type: 'code',
    redirect_uri: CALLBACK,
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  };
  return String((await post('/par', form, await nonce())).body['request_uri']);
}

/** A person's browser, from the front door to the page that asks for approval. */
async function openAndLogIn(
  requestUri: string,
): Promise<(form?: Record<string, string>) => Promise<string | undefined>> {
  let cookie = '';
  const go = async (url: string, form?: Record<string, string>) => {
    const response = await request(url, {
      dispatcher,
      method: form === undefined ? 'GET' : 'POST',
      headers: { cookie, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    cookie = String(response.headers['set-cookie'] ?? cookie).split(';')[0] ?? '';
    return { location: response.headers['location'] as string | undefined, text: await response.body.text() };
  };
  const { location: page = '' } = await go(
    `${issuer}/authorize?${new URLSearchParams({ client_id: 'trader', request_uri: requestUri })}`,
  );
  const csrf = /name="csrf" value="([^"]+)"/.exec((await go(page)).text)?.[1] ?? '';
  await go(page, { csrf, login: 'anna', password: PASSWORD });
  return async (form = { decision: 'approve' }) => (await go(page, { csrf, ...form })).location;
}

async function code(): Promise<string> {
  const approve = await openAndLogIn(await push());
  return new URL((await approve()) ?? '').searchParams.get('code') ?? '';
}

const redeem = (given: string, withNonce: string) =>
  post(
    '/token',
    { grant_type: 'authorization_code', code: given, redirect_uri: CALLBACK, code_verifier: VERIFIER },
    withNonce,
  );

const refresh = async (token: string) =>
  post('/token', { grant_type: 'refresh_token', refresh_token: token }, await nonce());

/** Sends many at once and kills the issuer as soon as the first one is answered. What was not answered is left out. */
async function manyUntilKilled(send: () => Promise<Answer>): Promise<Answer[]> {
  const sent = Array.from({ length: MANY }, send);
  await Promise.race(sent);
  await killAndRestart();
  const settled = await Promise.allSettled(sent);
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

const successes = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 200);

describe('an issuer that is killed', () => {
  it('C033 FAPI2-5.3.2.2-09 has redeemed a code once at most, and never does again', async () => {
    const given = await code();
    const withNonce = await nonce();
    const before = successes(await manyUntilKilled(() => redeem(given, withNonce)));
    const fresh = await nonce();
    const after = successes(await Promise.all(Array.from({ length: MANY }, () => redeem(given, fresh))));
    expect(before.length + after.length).toBeLessThanOrEqual(1);
  }, 60_000);

  it('C014 CA-3-08 has taken an assertion once at most', async () => {
    const once = await assertion();
    const form = { grant_type: 'client_credentials' };
    const withNonce = await nonce();
    const before = successes(await manyUntilKilled(() => post('/token', form, withNonce, once)));
    const fresh = await nonce();
    const after = successes(await Promise.all(Array.from({ length: MANY }, () => post('/token', form, fresh, once))));
    expect(before.length + after.length).toBeLessThanOrEqual(1);
  }, 60_000);

  it('C025 PAR-4-02 has let one browser decide about a request', async () => {
    const requestUri = await push();
    const pages = [await openAndLogIn(requestUri), await openAndLogIn(requestUri), await openAndLogIn(requestUri)];
    const decided = Promise.allSettled(pages.map((approve) => approve()));
    await killAndRestart();
    const before = (await decided).flatMap((each) =>
      each.status === 'fulfilled' && each.value !== undefined ? [each.value] : [],
    );
    const after = (await Promise.all(pages.map((approve) => approve()))).filter((each) => each !== undefined);
    expect(new Set([...before, ...after]).size).toBe(1);
  }, 60_000);

  it('C054 FAPI2-5.3.2.1-09 has given a refresh token one successor, which is not lost', async () => {
    const { body } = await redeem(await code(), await nonce());
    const token = String(body['refresh_token']);
    const withNonce = await nonce();
    const form = { grant_type: 'refresh_token', refresh_token: token };
    const before = successes(await manyUntilKilled(() => post('/token', form, withNonce)));
    const after = await refresh(token);
    expect(after.status).toBe(200);
    const successors = new Set([...before, after].map((answer) => answer.body['refresh_token']));
    expect(successors.size).toBe(1);
    expect((await refresh(String([...successors][0]))).status).toBe(200);
  }, 60_000);

  it('has lost nothing that it answered: requests, grants, tokens and revocations', async () => {
    const requestUri = await push();
    await killAndRestart();
    const approve = await openAndLogIn(requestUri);
    await killAndRestart();
    const given = new URL((await approve()) ?? '').searchParams.get('code') ?? '';
    await killAndRestart();
    const { status, body } = await redeem(given, await nonce());
    expect(status).toBe(200);
    await killAndRestart();
    const refreshed = await refresh(String(body['refresh_token']));
    expect(refreshed.status).toBe(200);
    expect((await post('/revoke', { token: String(body['access_token']) })).status).toBe(200);
    await killAndRestart();
    const gone = await refresh(String(refreshed.body['refresh_token']));
    expect(gone.body).toMatchObject({ error: 'invalid_grant', code: 'grant_revoked' });
  }, 60_000);
});
