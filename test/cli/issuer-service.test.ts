import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../free-port.ts';
import type { Serving } from './holdfast-process.ts';
import { createDesk, type Desk } from './issuer-desk.ts';
import { type IssuerFolder, issuerFolder } from './issuer-folder.ts';

let folder: IssuerFolder;
let desk: Desk;
let issuing: Serving;
let service: string;

beforeAll(async () => {
  folder = await issuerFolder();
  desk = await createDesk(folder);
  const port = await freePort();
  service = `http://127.0.0.1:${port}`;
  const config = { service: { port }, store: 'issuer.db', audit: 'audit.jsonl' };
  issuing = await folder.start(await folder.configured(config));
}, 30_000);

afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** The sum of the values of all lines that begin with this; undefined when there is none. */
async function metric(beginning: string): Promise<number | undefined> {
  const text = await (await fetch(`${service}/metrics`)).text();
  const found = text.split('\n').filter((line) => line.startsWith(beginning));
  return found.length === 0 ? undefined : found.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function readiness(): Promise<[number, unknown]> {
  const answer = await fetch(`${service}/readyz`);
  return [answer.status, ((await answer.json()) as { lacking: unknown }).lacking];
}

/** Runs while this file of the issuer has another name. */
async function without(file: string, run: () => Promise<void>): Promise<void> {
  const path = join(folder.path, file);
  await rename(path, `${path}.away`);
  try {
    await run();
  } finally {
    await rename(`${path}.away`, path);
  }
}

describe('the service listener of holdfast issuer', () => {
  it('is told of with the others, and says that the process is up and ready', async () => {
    await vi.waitFor(() => expect(issuing.printed()).toContain(`service  ${service}\n`));
    const health = await fetch(`${service}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { up: true }]);
    expect(await readiness()).toEqual([200, []]);
  });

  it('serves nothing else, and none of it is at the issuer', async () => {
    for (const path of ['/', '/token', '/jwks', '/metrics/', '/__proto__', '/metrics?x']) {
      expect((await fetch(service + path)).status).toBe(404);
    }
    expect((await fetch(`${service}/metrics`, { method: 'POST' })).status).toBe(404);
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      expect(await desk.send(path, {})).toMatchObject({ status: 404 });
    }
  });

  it('counts tokens, refusals and requests, and how long each took', async () => {
    const issued = 'holdfast_issuer_tokens_total{grant_type="client_credentials",format="jwt",binding="key"}';
    expect(await metric(issued)).toBeUndefined();
    const assertion = await desk.assertion();
    expect((await desk.token(assertion)).status).toBe(200);
    expect((await desk.token(assertion)).body).toMatchObject({ code: 'assertion_replayed' });
    expect(await metric(issued)).toBe(1);
    const refused = 'holdfast_issuer_events_total{event="request.refused",endpoint="/token",code=';
    expect(await metric(`${refused}"assertion_replayed"}`)).toBe(1);
    expect(await metric(`${refused}"nonce_missing"}`)).toBe(2);
    expect(await metric('holdfast_issuer_request_seconds_count{route="/token",status="200"}')).toBe(1);
    expect(await metric('holdfast_issuer_request_seconds_count{route="none",status="404"}')).toBe(3);
    expect(await metric('holdfast_issuer_store_seconds_count{verb="add"}')).toBeGreaterThan(1);
    expect(await metric('holdfast_issuer_keys{state="current"}')).toBe(1);
    expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('counts what people do', async () => {
    const authorized = await desk.authorize();
    const { body } = await desk.redeem(authorized);
    expect(body).toMatchObject({ token_type: 'DPoP' });
    await desk.authorize({ password: 'wrong' });
    await desk.authorize({ decision: 'deny' });
    await desk.send('/revoke', { token: String(body['refresh_token']) });
    const events = (event: string) => metric(`holdfast_issuer_events_total{event="${event}"`);
    expect(await metric('holdfast_issuer_tokens_total{grant_type="authorization_code"')).toBe(1);
    expect(await events('login.succeeded')).toBe(2);
    expect(await events('login.refused')).toBe(1);
    expect(await events('authorization.granted')).toBe(1);
    expect(await events('authorization.denied')).toBe(1);
    expect(await metric('holdfast_issuer_events_total{event="grant.revoked",endpoint="",code="requested"}')).toBe(1);
  });

  it('has no label that a sender could fill, and no secret', async () => {
    await desk.send('/token', { grant_type: 'made-up-grant', scope: 'made-up-scope', client_id: 'made-up-client' });
    await desk.send('/made-up-path', {});
    const text = await (await fetch(`${service}/metrics`)).text();
    expect(text).not.toMatch(/made-up|desk|anna|127\.0\.0\.1/);
    for (const [kind, secret] of desk.secrets) expect([kind, text.includes(secret)]).toEqual([kind, false]);
  });

  it('is not ready without its store, and counts what that did not answer', async () => {
    await without('issuer.db', async () => {
      expect(await readiness()).toEqual([503, ['store']]);
      expect(await desk.token()).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
      expect((await fetch(`${service}/healthz`)).status).toBe(200);
    });
    expect(await metric('holdfast_issuer_store_faults_total{verb="add"}')).toBeGreaterThanOrEqual(2);
    expect(await readiness()).toEqual([200, []]);
  });
});
