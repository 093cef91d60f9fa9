import type { Scenes } from '../../../scene/scenes.ts';
import { type Bar, timesOf } from '../../bar.ts';
import type { Case } from '../../case.ts';
import { openBetterAuthInUse } from './better-auth.ts';
import { peerCase } from './peer.ts';
import { ED25519, HMAC, openReference, openReferenceSigning } from './references.ts';
import { type PeerVerifier, VERIFIERS } from './verifiers.ts';

const OURS = 'verify ES256, 100 clients';
const OURS_SIXTEEN = 'verify ES256, 16 in flight';
const OURS_COLD = 'verify ES256, cold key'; // which remembers as little as all others do: they verify each token anew
const LIVE = 10_000; // proofs of five minutes at 33 a second

/** What else verifies, on the requests of our verifier or as like them as it takes. */
export function peerCases(scenes: Scenes): Case[] {
  return [
    ...VERIFIERS.flatMap((verifier) => verifierCases(scenes, verifier)),
    peerCase(
      { ...es256(`better-auth, ${LIVE.toLocaleString('en')} proofs remembered`, OURS), onlyFull: true },
      1,
      async () => openBetterAuthInUse(await scenes.es256(), LIVE),
    ),
    ...referenceCases(),
  ];
}

function verifierCases(scenes: Scenes, { open, cases: [one, sixteen], quick }: PeerVerifier): Case[] {
  const opened = async () => open(await scenes.es256());
  return [
    peerCase({ ...es256(one, OURS, OURS_COLD), onlyFull: quick === 'none' }, 1, opened),
    peerCase({ ...es256(sixteen, OURS_SIXTEEN), onlyFull: quick !== 'both' }, 16, opened),
  ];
}

const es256 = (name: string, ...ours: string[]): Omit<Case, 'open'> => ({
  name,
  group: 'peer',
  alg: 'ES256',
  bars: [timesOf('raw ES256'), ...ours.map((each) => timesOf(each))],
});

/** What exchanges have instead of DPoP: a signature by an API key. */
function referenceCases(): Case[] {
  const hmac = 'reference: API key, HMAC-SHA256';
  const ed25519 = 'reference: API key, Ed25519';
  const against = (...names: string[]): { bars: Bar[] } => ({ bars: names.map((name) => timesOf(name)) });
  return [
    peerCase({ name: `${hmac}, verify`, group: 'peer', ...against(OURS) }, 1, () => openReference(HMAC)),
    peerCase(
      {
        name: `${ed25519}, verify`,
        group: 'peer',
        alg: 'Ed25519',
        ...against('raw Ed25519', 'verify Ed25519'),
        onlyFull: true,
      },
      1,
      () => openReference(ED25519),
    ),
    {
      name: `${hmac}, sign`,
      group: 'sign',
      ...against('proof ES256'),
      open: () => openReferenceSigning(HMAC),
      onlyFull: true,
    },
    {
      name: `${ed25519}, sign`,
      group: 'sign',
      alg: 'Ed25519',
      ...against('raw sign Ed25519', 'proof Ed25519'),
      open: () => openReferenceSigning(ED25519),
      onlyFull: true,
    },
  ];
}
