import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { redisReplayStore } from '@holdfast/stores/redis';
import { beforeEach, describe, expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { makeKey } from '../verifier/forge.ts';
import { Scene } from '../verifier/scene.ts';
import { RedisServer } from './redis-server.ts';
import { times } from './replay-contract.ts';

beforeEach((context) => {
  needsProgram(context, 'redis-server');
});

const outcome = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error) => error.code,
  );

/** Verifiers of one resource, each with a connection of its own: scenes of one issuer, one client and one time. */
async function cluster(server: RedisServer, count: number): Promise<Scene[]> {
  const keys = { issuer: makeKey('ES256', 'issuer-1'), client: makeKey() };
  const scenes: Scene[] = [];
  for (let i = 0; i < count; i += 1) {
    const client = await server.connect();
    const clock = () => scenes[0]?.clock.now ?? 0;
    scenes.push(new Scene({ nonce: 'off', clock, replay: redisReplayStore({ client, clock }) }, keys));
  }
  return scenes;
}

describe('verifiers that share a replay store on Redis', () => {
  it('DPOP-11.1-02 accept a proof once between them', async () => {
    await using server = await RedisServer.start();
    const [here, there] = await cluster(server, 2);
    if (here === undefined || there === undefined) throw new Error('no scenes');
    for (const [first, second] of [
      [here, there],
      [there, here],
    ] as const) {
      const message = await here.message();
      expect(await outcome(first.verifier.verify(message))).toBe('accepted');
      expect(await outcome(second.verifier.verify(message))).toBe('proof_replayed');
      expect(await outcome(first.verifier.verify(message))).toBe('proof_replayed');
    }
  });

  it('DPOP-11.1-02 N6 accept one of 1,000 copies that come at the same time', async () => {
    await using server = await RedisServer.start();
    const scenes = await cluster(server, 4);
    const message = await scenes[0]?.message();
    if (message === undefined) throw new Error('no scenes');
    const outcomes = await Promise.all(times(1000, (i) => outcome((scenes[i % 4] as Scene).verifier.verify(message))));
    expect(outcomes.filter((each) => each === 'accepted')).toHaveLength(1);
    expect(outcomes.filter((each) => each === 'proof_replayed')).toHaveLength(999);
  });

  it('accept a proof until its last second and never twice, whatever the time', async () => {
    await using server = await RedisServer.start();
    const [here, there] = await cluster(server, 2);
    if (here === undefined || there === undefined) throw new Error('no scenes');
    const message = await here.message();
    const seen: string[] = [];
    for (let waited = 0; waited <= 70; waited += 10, here.wait(10)) {
      seen.push(await outcome((waited % 20 === 0 ? here : there).verifier.verify(message)));
    }
    expect(seen).toEqual(['accepted', ...times(6, () => 'proof_replayed'), 'proof_iat']);
  });

  it('refuse with 503 while it is gone, and serve again when it is back', async () => {
    await using server = await RedisServer.start();
    const [scene] = await cluster(server, 1);
    if (scene === undefined) throw new Error('no scene');
    const message = await scene.message();
    await scene.verifier.verify(message);
    await server.kill();
    expect(await scene.refusal()).toMatchObject({ code: 'store_unavailable', status: 503 });
    expect((await scene.refusal(message)).headers).toEqual({ 'Cache-Control': 'no-store', 'Retry-After': '1' });
    await server.run();
    await expect.poll(async () => outcome(scene.send()), { timeout: 10_000 }).toBe('accepted');
  });

  it('refuse with 503 in time while it hangs', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    const scene: Scene = new Scene({
      replay: redisReplayStore({ client, clock: () => scene.clock.now, timeout: 200 }),
    });
    await scene.send();
    server.pause();
    expect(await scene.refusal()).toMatchObject({ code: 'store_unavailable', status: 503 });
    server.resume();
    await expect.poll(async () => outcome(scene.send()), { timeout: 10_000 }).toBe('accepted');
  });
});

it('DPOP-11.1-02 processes that reserve the same keys get each key once between them', async () => {
  await using server = await RedisServer.start();
  const script = fileURLToPath(new URL('redis-process.ts', import.meta.url));
  const children = ['up', 'up', 'down'].map((direction) => fork(script, [server.socket, '5000', direction]));
  await Promise.all(children.map((child) => once(child, 'message'))); // both are connected
  const reports = children.map(async (child) => {
    const [report] = (await once(child, 'message')) as [string[]];
    return report;
  });
  for (const child of children) child.send('go');
  const got = await Promise.all(reports);
  expect(got.flat()).toHaveLength(5000);
  expect(new Set(got.flat()).size).toBe(5000);
});
