import { openScene, type Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { sodiumBars } from './sodium.ts';

/** The whole of DPoP for a client that is known: nonce, proof, token, binding, signature, replay. */
export function verifyCases(scenes: Scenes): Case[] {
  const es256 = { group: 'verify', alg: 'ES256' } as const;
  const bars = [timesOf('raw ES256', 1.2)];
  const peers = [timesOf('oauth4webapi, 1 in flight', 1 / 6), timesOf('jose by hand', 1 / 4)];
  return [
    {
      name: 'verify ES256, 100 clients',
      ...es256,
      bars: [...bars, ...peers],
      open: () => accepting(scenes.es256(), 1),
    },
    { name: 'verify ES256, 10,000 clients', ...es256, bars, open: () => accepting(scenes.crowd(), 1) },
    {
      name: 'verify ES256, 16 in flight',
      ...es256,
      bars: [timesOf('oauth4webapi, 16 in flight', 1 / 4)],
      open: () => accepting(scenes.es256(), 16),
    },
    { name: 'verify ES256 on the pool, 16 in flight', ...es256, bars: [timesOf('raw ES256')], open: () => onPool(16) },
    {
      name: 'verify Ed25519',
      group: 'verify',
      alg: 'Ed25519',
      bars: [timesOf('raw Ed25519'), ...sodiumBars],
      open: () => accepting(scenes.ed25519(), 1),
    },
    {
      name: 'verify PS256',
      group: 'verify',
      alg: 'PS256',
      bars: [timesOf('raw PS256')],
      open: () => accepting(scenes.ps256(), 1),
      most: 200,
    },
  ];
}

/** Signatures on Node's thread pool: more CPU for each, less time by the wall where there are cores. */
async function onPool(limit: number): Promise<Prepare> {
  return await accepting(openScene({ clients: 100, settings: { signatures: 'pool' } }), limit);
}

async function accepting(opened: Promise<Scene>, limit: number): Promise<Prepare> {
  const { requests, verifier } = await opened;
  return async (count) => {
    const fresh = await requests(count);
    return () => inFlight(fresh, limit, (request) => verifier.verify(request));
  };
}
