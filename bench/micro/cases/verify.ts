import type { Algorithm } from '@holdfast/proof';
import { createReplayTable } from '@holdfast/verifier';
import { MEASURED } from '../../scene/algorithms.ts';
import { openScene, type Scene, type Settings } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { moreThan, timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { ofAlgorithm } from './by-algorithm.ts';
import { sodiumBars } from './sodium.ts';
import { STEP_NAMES } from './steps.ts';

/** The case that every other is compared with. */
export const VERIFY = 'verify ES256, 100 clients';

/** The whole of DPoP for a client that is known: nonce, proof, token, binding, signature, replay. */
export function verifyCases(scenes: Scenes): Case[] {
  const es256 = { group: 'verify', alg: 'ES256' } as const;
  const bars = [timesOf('raw ES256', 1.2)];
  const peers = [timesOf('oauth4webapi, 1 in flight', 1 / 6), timesOf('jose by hand', 1 / 4)];
  return [
    {
      name: VERIFY,
      ...es256,
      bars: [...bars, moreThan(STEP_NAMES), ...peers],
      open: () => accepting(scenes.es256(), 1),
    },
    {
      name: 'verify ES256, 10,000 clients',
      ...es256,
      bars,
      open: () => accepting(scenes.crowd(), 1),
      onlyFull: true, // so many keys take longer to make than everything else
    },
    {
      name: 'verify ES256, 16 in flight',
      ...es256,
      bars: [timesOf('oauth4webapi, 16 in flight', 1 / 4)],
      open: () => accepting(scenes.es256(), 16),
    },
    {
      name: 'verify ES256 on the pool, 16 in flight',
      ...es256,
      bars: [timesOf('raw ES256')],
      open: () => accepting(withSettings({ signatures: 'pool' }), 16), // more CPU for each, less time where there are cores
      onlyFull: true,
    },
    {
      name: 'verify ES256, without nonces',
      ...es256,
      bars: [timesOf(VERIFY)],
      open: () => accepting(withSettings(withoutNonces()), 1),
      onlyFull: true,
    },
    ...MEASURED.filter((alg) => alg !== 'ES256').map((alg) => verifyCase(scenes, alg)),
  ];
}

function verifyCase(scenes: Scenes, alg: Algorithm): Case {
  return {
    name: `verify ${alg}`,
    group: 'verify',
    ...ofAlgorithm(alg),
    bars: [timesOf(`raw ${alg}`), ...(alg === 'Ed25519' ? sodiumBars : [])],
    open: () => accepting(scenes.of(alg), 1),
  };
}

/** A proof is fresh by its `iat`. The table is not said to begin with the process: the first seconds would be challenged. */
function withoutNonces(): Settings {
  const { add } = createReplayTable({ clock: Date.now });
  return { nonce: 'off', replay: { add, isVolatile: false } };
}

const withSettings = (settings: Settings) => openScene({ clients: 100, settings });

async function accepting(opened: Promise<Scene>, limit: number): Promise<Prepare> {
  const { requests, verifier } = await opened;
  return async (count) => {
    const fresh = await requests(count);
    return () => inFlight(fresh, limit, (request) => verifier.verify(request));
  };
}
