import { randomUUID } from 'node:crypto';
import {
  checkProof,
  type HttpMessage,
  matchConfirmation,
  proofField,
  readCredential,
  readProof,
  reserveJti,
  seconds,
  type VerifiedProof,
  verifyProof,
} from '@holdfast/proof';
import type { Scenes } from '../../scene/scenes.ts';
import { moreThan } from '../bar.ts';
import type { Case } from '../case.ts';
import { checkedProof, expectation, type TakenApart, takeApart } from './taken-apart.ts';

const MOST = 2000; // operations in a slice: one takes less than a microsecond

/** Prepares so many operations of a step, with what the steps before it find out; what it returns is measured. */
type Step = (parts: TakenApart, requests: readonly HttpMessage[]) => () => void | Promise<void>;

/** The line from request to access (RFC 9449 §7.1), a step at a time, in its order. */
const STEPS: Readonly<Record<string, Step>> = {
  'read the credential, RFC 9449 §7.1': (_parts, requests) => () => {
    for (const request of requests) readCredential(request, isKnown);
  },
  'read the proof, §4.3 (1)–(5), (7)':
    ({ algorithms, senderKeys }, requests) =>
    () => {
      for (const request of requests) readProof(proofField(request) ?? '', algorithms, senderKeys);
    },
  'check htm, htu and ath, §4.3 (8), (9), (12a)': (parts, requests) => {
    const proofs = requests.map((request) => ({ request, proof: checkedProof(parts, request) }));
    return () => {
      for (const { request, proof } of proofs) checkProof(proof, expectation(request, proof.ath));
    };
  },
  'check the nonce, §4.3 (10)': (parts, requests) => {
    const proofs = requests.map((request) => checkedProof(parts, request));
    return () => {
      for (const { nonce = '' } of proofs)
        if (parts.nonces.acceptedUntil(nonce) === undefined) throw new Error('stale');
    };
  },
  'recall the token and its ath, RFC 9068 §4': ({ tokens }, requests) => {
    const compact = requests.map((request) => readCredential(request, isKnown).token);
    return () => {
      // The line looks three times: when it is read, for its hash, and for what it says
      for (const token of compact) {
        for (let i = 0; i < 3; i += 1) if (tokens.recall(token) === undefined) throw new Error('not known');
      }
    };
  },
  'match the confirmation, §4.3 (12b)': (parts, requests) => {
    const shown = requests.map((request) => {
      const { scheme, token } = readCredential(request, isKnown);
      return { possession: { scheme, proof: checkedProof(parts, request) }, known: parts.tokens.recall(token) };
    });
    return () => {
      for (const { possession, known } of shown) matchConfirmation(known?.confirmation ?? {}, possession);
    };
  },
  'verify the signature, §4.3 (6)': (parts, requests) => {
    const proofs = requests.map((request) => checkedProof(parts, request));
    return () => {
      for (const proof of proofs) verifyProof(proof);
    };
  },
  'reserve the jti, §11.1': (parts, requests) => {
    const proofs = requests.map((request) => asVerified(parts, request));
    return async () => {
      for (const proof of proofs) {
        await reserveJti(parts.replay, proof);
        parts.senderKeys.keep(proof);
      }
    };
  },
};

const named = (step: string) => `step: ${step}`;

/** What all of a verification is shown beside. It takes more: after a signature each step finds the caches of the core cold. */
export const STEP_NAMES: readonly string[] = Object.keys(STEPS).map(named);

/** Where the microseconds of a verification go, for ES256 and clients that are known. */
export function stepCases(scenes: Scenes): Case[] {
  return Object.entries(STEPS).map(([step, prepare]) => {
    const isSignature = prepare === STEPS['verify the signature, §4.3 (6)'];
    return {
      name: named(step),
      group: 'step',
      alg: 'ES256',
      ...(isSignature ? { bars: [moreThan(['raw ES256'])] } : { most: MOST }),
      async open() {
        const parts = await takeApart(await scenes.es256());
        return (count) => prepare(parts, parts.requests(count));
      },
    };
  });
}

const isKnown = () => true;

/** A jti that was never used, until a nonce of the default step has ended. That its signature is good was checked before. */
function asVerified(parts: TakenApart, request: HttpMessage): VerifiedProof {
  const proof = checkedProof(parts, request);
  return { ...proof, jti: randomUUID(), acceptableUntil: seconds(Date.now) + 90 } as unknown as VerifiedProof;
}
