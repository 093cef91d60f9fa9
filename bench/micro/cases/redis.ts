import { hash, randomBytes } from 'node:crypto';
import { type ReplayStore, seconds } from '@holdfast/proof';
import { redisReplayStore } from '@holdfast/stores/redis';
import { redisMissing } from '../../scene/redis.ts';
import { openScene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { moreThan } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { VERIFY } from './verify.ts';

const LIFE = 90; // seconds: as long as a nonce is accepted, in the middle

/**
 * Used proofs in a Redis of this machine, where several processes share them. The CPU is that of this process alone; what the
 * server and the way to it take is in the time by the wall.
 */
export function redisCases(scenes: Scenes): Case[] {
  const missing = redisMissing();
  return [1, 16].flatMap((limit) => {
    const shared = { missing, onlyFull: true };
    const named = (what: string) => (limit === 1 ? what : `${what}, ${limit} in flight`);
    return [
      {
        name: named('reserve on Redis'),
        group: 'replay',
        ...shared,
        open: async () => reserving(await store(scenes), limit),
      },
      {
        name: named('verify ES256, replay on Redis'),
        group: 'verify',
        alg: 'ES256',
        bars: [moreThan([limit === 1 ? VERIFY : `verify ES256, ${limit} in flight`])],
        ...shared,
        open: async () => verifying(await store(scenes), limit),
      },
    ];
  });
}

async function store(scenes: Scenes): Promise<ReplayStore> {
  const { client } = await scenes.redis();
  return redisReplayStore({ client });
}

function reserving(store: ReplayStore, limit: number): Prepare {
  return (count) => {
    const expiresAt = seconds(Date.now) + LIFE;
    const keys = Array.from({ length: count }, () => hash('sha256', randomBytes(16), 'base64url'));
    return () =>
      inFlight(keys, limit, async (key) => {
        if ((await store.add(key, '', expiresAt)) !== true) throw new Error('a new entry was refused');
      });
  };
}

async function verifying(replay: ReplayStore, limit: number): Promise<Prepare> {
  const { requests, verifier } = await openScene({ clients: 100, settings: { replay } });
  return async (count) => {
    const fresh = await requests(count);
    return () => inFlight(fresh, limit, (request) => verifier.verify(request));
  };
}
