import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Algorithm } from '@holdfast/proof';
import { createProofPool, createSigner, generateKey, importKey, type ProofKey } from '@holdfast/signer';
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto';
import { MEASURED } from '../../scene/algorithms.ts';
import { type BoundRequest, boundRequest } from '../../scene/bound-request.ts';
import { costs, timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { ofAlgorithm } from './by-algorithm.ts';
import { DPOP, signingCases } from './peers/signing.ts';

/** What a proof costs the client that signs it, for the request that the verifier is measured with. */
export function signCases(): Case[] {
  return [
    ...MEASURED.map(proofCase),
    { name: 'proof from the pool', group: 'sign', alg: 'ES256', bars: [costs(2)], open: taking, most: 20 * STOCK },
    {
      name: 'proof ES256, sign via Web Crypto',
      group: 'sign',
      alg: 'ES256',
      bars: [timesOf('raw sign ES256')],
      open: () => proving(webKey(globalThis.crypto)),
      onlyFull: true,
    },
    {
      name: 'proof ES256, sign via @peculiar/webcrypto',
      group: 'sign',
      alg: 'ES256',
      bars: [timesOf('raw sign ES256')],
      open: () => proving(webKey(new PeculiarCrypto() as unknown as Crypto)),
      onlyFull: true,
    },
    ...signingCases(),
  ];
}

const STOCK = 32;

function proofCase(alg: Algorithm): Case {
  const raw = `raw sign ${alg}`;
  return {
    name: `proof ${alg}`,
    group: 'sign',
    ...ofAlgorithm(alg),
    bars: alg === 'ES256' ? [timesOf(raw, 1.25), timesOf(DPOP, 1 / 5)] : [timesOf(raw)],
    open: () => proving(generateKey(alg)),
  };
}

/** With a signer of its own for each slice: at full speed one would reach its `mostPerSecond`. */
async function proving(made: Promise<ProofKey>): Promise<Prepare> {
  const key = await made;
  const request = await boundRequest();
  return (count) => {
    const signer = createSigner({ key });
    return async () => {
      for (let i = 0; i < count; i += 1) await signer.proof(request);
    };
  };
}

/** Taking alone, from pools that were filled before: what it costs to fill them is `proof ES256`. */
async function taking(): Promise<Prepare> {
  const key = await generateKey('ES256');
  const bound = await boundRequest();
  return async (count) => {
    const requests = Array.from({ length: Math.ceil(count / STOCK) }, (_, i) => ({
      ...bound,
      url: `${bound.url}/${i}`,
    }));
    const signer = createSigner({ key });
    let signed = 0;
    const counting = {
      proof(request: BoundRequest) {
        signed += 1;
        return signer.proof(request);
      },
    };
    const pool = createProofPool({ signer: counting, requests, size: STOCK });
    for (const request of requests) pool.take(request);
    while (signed < requests.length * STOCK) await nextTurn();
    await nextTurn();
    const calls = Array.from({ length: count }, (_, i) => requests[i % requests.length] ?? bound);
    return () => {
      for (const request of calls) if (pool.take(request) === undefined) throw new Error('the pool has run dry');
      pool.close();
    };
  };
}

/** A key in a Web Cryptography implementation, which does not give it away. */
async function webKey(crypto: Crypto): Promise<ProofKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  return await importKey({ ...keys, crypto });
}
