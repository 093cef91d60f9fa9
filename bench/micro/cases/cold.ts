import { createPublicKey, verify } from 'node:crypto';
import { algorithms } from '@holdfast/proof';
import { type Client, createClients } from '../../scene/client.ts';
import { createIssuer, type Issuer } from '../../scene/issuer.ts';
import { dpopRequest, METHOD, URL_CALLED } from '../../scene/request.ts';
import { openScene } from '../../scene/scene.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { splitSigned } from './signed-pool.ts';

/** The first request of a client: its key has to be imported, and the token's signature verified as well. */
export function coldCase(): Case {
  return {
    name: 'verify ES256, cold key',
    group: 'verify',
    alg: 'ES256',
    bars: [timesOf('raw cold key', 1.4)],
    open: openCold,
    most: 300,
  };
}

async function openCold(): Promise<Prepare> {
  const { issuer, verifier, nonce } = await openScene({ clients: 1 });
  return async (count) => {
    const current = await nonce();
    const requests = await Promise.all((await strangers(issuer, count)).map((client) => firstRequest(client, current)));
    return () => inFlight(requests, 1, (request) => verifier.verify(request));
  };
}

async function firstRequest({ signer, token }: Client, nonce: string) {
  return dpopRequest(token, await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, nonce }));
}

/** The cryptography of the same, by hand: one import, two signatures. */
export async function openColdRaw(): Promise<Prepare> {
  const issuer = await createIssuer();
  const [jwk] = issuer.jwks.keys;
  const issuerKey = verifying(createPublicKey({ key: { ...jwk }, format: 'jwk' }));
  return async (count) => {
    const inputs = await Promise.all((await strangers(issuer, count)).map(rawInput));
    return () => {
      for (const { key, proof, token } of inputs) {
        const senderKey = verifying(createPublicKey({ key, format: 'jwk' }));
        const good = verify('sha256', token.input, issuerKey, token.signature);
        if (!good || !verify('sha256', proof.input, senderKey, proof.signature)) throw new Error('does not verify');
      }
    };
  };
}

const verifying = (key: ReturnType<typeof createPublicKey>) => ({ key, ...algorithms.ES256.options });

async function rawInput({ key, signer, token }: Client) {
  const proof = await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, nonce: 'A'.repeat(22) });
  return { key: { ...key.publicJwk }, proof: splitSigned(proof), token: splitSigned(token) };
}

const strangers = (issuer: Issuer, count: number) => createClients(issuer, 'ES256', count);
