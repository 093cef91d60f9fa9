import { createPublicKey, verify } from 'node:crypto';
import { type Algorithm, algorithms, type HttpMessage } from '@holdfast/proof';
import { createReplayTable, type Verifier } from '@holdfast/verifier';
import { MEASURED } from '../../scene/algorithms.ts';
import type { Certified, CertifiedClient } from '../../scene/certified.ts';
import { createClient } from '../../scene/client.ts';
import { mtlsRequest } from '../../scene/request.ts';
import { goodRequest, nonceOf, openVerifier, type Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { ofAlgorithm } from './by-algorithm.ts';
import { at, signedPool, splitSigned, verifying } from './signed-pool.ts';

/** The first request of a client: its key has to be imported, and the token's signature (ES256) verified as well. */
export function coldCases(scenes: Scenes): Case[] {
  const byCertificate: Case = {
    name: 'verify cold token, mTLS-bound',
    group: 'verify',
    bars: [timesOf('raw ES256')],
    open: async () => coldToken(await scenes.certified()),
    onlyFull: true,
  };
  return [...MEASURED.flatMap((alg) => ofSenders(scenes, alg)), byCertificate];
}

function ofSenders(scenes: Scenes, alg: Algorithm): Case[] {
  const raw = rawName(alg);
  const shared = { ...ofAlgorithm(alg), ...(alg === 'ES256' ? {} : { onlyFull: true }) };
  return [
    { ...shared, name: raw, group: 'raw', open: async () => coldRaw(await scenes.of(alg), alg) },
    {
      ...shared,
      name: `verify ${alg}, cold key`,
      group: 'verify',
      bars: [timesOf(raw, alg === 'ES256' ? 1.4 : undefined)],
      open: async () => cold(await scenes.of(alg), alg),
    },
  ];
}

const rawName = (alg: Algorithm) => (alg === 'ES256' ? 'raw cold key' : `raw cold key, ${alg}`);

interface First {
  readonly verifier: Verifier;
  readonly request: HttpMessage;
}

/**
 * Keys take longer to make than verifiers: so each verifier sees each client once. The key of the issuer it knows, from a
 * guest who was there before. Its table of used proofs is as large as one that many have used.
 */
async function cold({ issuer, clients }: Scene, alg: Algorithm): Promise<Prepare> {
  const guest = await createClient(issuer, 'ES256');
  const replay = createReplayTable({ clock: Date.now });
  return async (count) => {
    const firsts: First[] = [];
    while (firsts.length < count) {
      const verifier = openVerifier(issuer, alg, { replay });
      const nonce = await nonceOf(verifier);
      await verifier.verify(await goodRequest(guest, nonce));
      for (const client of clients.slice(0, count - firsts.length)) {
        firsts.push({ verifier, request: await goodRequest(client, nonce) });
      }
    }
    return () => inFlight(firsts, 1, ({ verifier, request }) => verifier.verify(request));
  };
}

/** As `cold`, by a certificate: TLS has verified it, so that only the token's signature (ES256) is left to verify. */
function coldToken({ openVerifier, clients: [guest, ...clients] }: Certified): Prepare {
  if (guest === undefined) throw new Error('no clients');
  const requestBy = ({ token, certificate }: CertifiedClient) => mtlsRequest(token, Uint8Array.from(certificate));
  return async (count) => {
    const firsts: First[] = [];
    while (firsts.length < count) {
      const verifier = openVerifier();
      await verifier.verify(requestBy(guest));
      for (const client of clients.slice(0, count - firsts.length))
        firsts.push({ verifier, request: requestBy(client) });
    }
    return () => inFlight(firsts, 1, ({ verifier, request }) => verifier.verify(request));
  };
}

/** The cryptography of `cold`, by hand: one import, two signatures. */
async function coldRaw(scene: Scene, alg: Algorithm): Promise<Prepare> {
  const { digest, options } = algorithms[alg];
  const [issuerJwk] = scene.issuer.jwks.keys;
  const issuerKey = verifying({ ...issuerJwk }, 'ES256');
  const proofs = await signedPool(scene);
  const inputs = scene.clients.map(({ key, token }, i) => ({
    jwk: { ...key.publicJwk },
    proof: at(proofs, i),
    token: splitSigned(token),
  }));
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { jwk, proof, token } = at(inputs, i);
      const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), ...options };
      const isGood =
        verify('sha256', token.input, issuerKey, token.signature) && verify(digest, proof.input, key, proof.signature);
      if (!isGood) throw new Error('a good signature does not verify');
    }
  };
}
