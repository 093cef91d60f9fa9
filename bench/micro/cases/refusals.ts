import { type Code, HoldfastError, type HttpMessage } from '@holdfast/proof';
import type { Verifier } from '@holdfast/verifier';
import type { Certified } from '../../scene/certified.ts';
import type { Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { type Bar, costs, timesOf } from '../bar.ts';
import type { Case } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import {
  byUnknownKeys,
  forAnotherUrl,
  noise,
  noiseInSegments,
  type Requests,
  replays,
  withBadSignature,
  withStaleNonce,
} from './bad-proofs.ts';
import {
  anonymous,
  asBearer,
  ended,
  forged,
  ofAnotherIssuer,
  ofUnknownKid,
  withAnotherCertificate,
  withoutCertificate,
} from './bad-tokens.ts';

interface Refusal {
  readonly code: Code;
  readonly bars?: readonly Bar[];
  readonly most?: number;
  readonly onlyFull?: boolean;
}

/** What an attacker can make the verifier do. */
export function refusalCases(scenes: Scenes): Case[] {
  const ofScene = (name: string, refusal: Refusal, make: (scene: Scene) => Requests | Promise<Requests>) =>
    refusalCase(name, refusal, 'ES256', async () => {
      const scene = await scenes.es256();
      return { verifier: scene.verifier, requests: await make(scene) };
    });
  const ofCertified = (name: string, refusal: Refusal, make: (certified: Certified) => Requests) =>
    refusalCase(name, refusal, undefined, async () => {
      const certified = await scenes.certified();
      return { verifier: certified.verifier, requests: make(certified) };
    });
  const oneSignature = [timesOf('raw ES256')];
  return [
    ofScene('garbage', { code: 'proof_malformed', bars: [costs(5)], most: 10_000 }, noise),
    ofScene('garbage in three segments', { code: 'proof_malformed', bars: [costs(5)], most: 10_000 }, noiseInSegments),
    ofScene('a proof for another URL', { code: 'proof_htu', bars: [costs(15)] }, forAnotherUrl),
    ofScene('a proof by an unknown key', { code: 'key_mismatch' }, byUnknownKeys),
    ofScene('a bad signature', { code: 'proof_signature', bars: oneSignature }, withBadSignature),
    ofScene('a replay', { code: 'proof_replayed', bars: oneSignature }, replays),
    ofScene('a stale nonce', { code: 'nonce_stale' }, withStaleNonce),
    ofScene('a token with an unknown kid', { code: 'token_key_unknown' }, ofUnknownKid),
    ofScene('a token of another issuer', { code: 'token_issuer', onlyFull: true }, ofAnotherIssuer),
    // The signature of its issuer is verified each time, of both
    ofScene('a forged token', { code: 'token_signature', bars: oneSignature, onlyFull: true }, forged),
    ofScene('an expired token', { code: 'token_expired', bars: oneSignature, onlyFull: true }, ended),
    ofScene('no token', { code: 'credentials_missing', most: 10_000, onlyFull: true }, () => anonymous),
    ofScene('a bound token as Bearer', { code: 'scheme_mismatch', most: 10_000, onlyFull: true }, asBearer),
    ofCertified('no certificate', { code: 'certificate_missing', most: 10_000, onlyFull: true }, withoutCertificate),
    ofCertified(
      'another certificate',
      { code: 'certificate_mismatch', most: 10_000, onlyFull: true },
      withAnotherCertificate,
    ),
  ];
}

interface Opened {
  readonly verifier: Verifier;
  readonly requests: Requests;
}

function refusalCase(name: string, refusal: Refusal, alg: string | undefined, open: () => Promise<Opened>): Case {
  const { code, ...rest } = refusal;
  return {
    ...{ name: `refuse ${name}`, group: 'refuse', ...(alg === undefined ? {} : { alg }), ...rest },
    async open() {
      const { verifier, requests } = await open();
      return async (count) => {
        const bad = await requests(count);
        return () => inFlight(bad, 1, (request) => refuses(verifier, request, code));
      };
    },
  };
}

async function refuses(verifier: Verifier, request: HttpMessage, code: Code): Promise<void> {
  try {
    await verifier.verify(request);
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code === code) return;
    throw thrown;
  }
  throw new Error(`accepted instead of refused with ${code}`);
}
