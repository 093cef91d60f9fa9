import { seconds } from '@holdfast/proof';
import type { Cast } from './cast.ts';
import { macProof, proofWithPrivateKey, type Target, unsignedProof, withFlippedBit } from './forgeries.ts';
import { refused, type Scenario } from './scenario.ts';

type Differences = { readonly method?: string; readonly url?: string; readonly accessToken?: string };

/** Somebody holds the token of a DPoP client, recorded proofs of his, or both. RFC 9449 §11. */
export function stolenTokenScenarios({
  dpop,
  dpopSigner,
  thief,
  thiefSigner,
  deployment,
  clock,
}: Cast): readonly Scenario[] {
  const url = `${deployment.facts.resource}/orders`;

  const stolen = async () => (await dpop.token()).accessToken;
  const nonce = async () => (await thief.send({ url })).nonce;
  const target = async (): Promise<Target> => ({
    htu: url,
    accessToken: await stolen(),
    iat: seconds(clock),
  });
  const use = async (proof?: string) =>
    thief.send({
      url,
      headers: { authorization: `DPoP ${await stolen()}`, ...(proof === undefined ? {} : { dpop: proof }) },
    });
  /** A proof that the owner made, and that was not used yet. */
  const recorded = async (differences: Differences = {}) =>
    dpopSigner.proof({
      method: 'GET',
      url,
      accessToken: await stolen(),
      nonce: await nonce(),
      ...differences,
    });

  return [
    refused('stolen token as Bearer', 'scheme_mismatch', async () =>
      thief.send({ url, headers: { authorization: `Bearer ${await stolen()}` } }),
    ),
    refused('stolen token without a proof', 'proof_missing', () => use()),
    refused('stolen token in the query', 'credentials_in_query', async () =>
      thief.send({ url: `${url}?access_token=${await stolen()}` }),
    ),
    refused('stolen token, proof by another key', 'key_mismatch', async () =>
      use(await thiefSigner.proof({ method: 'GET', url, accessToken: await stolen(), nonce: await nonce() })),
    ),
    refused('recorded proof, sent twice', 'proof_replayed', async () => {
      const proof = await recorded();
      const first = await use(proof);
      return first.status === 200 ? use(proof) : first;
    }),
    refused('recorded proof for another URL', 'proof_htu', async () => use(await recorded({ url: `${url}/1` }))),
    refused('recorded proof for another method', 'proof_htm', async () => use(await recorded({ method: 'POST' }))),
    refused('recorded proof for another token', 'proof_ath', async () =>
      use(await recorded({ accessToken: 'another' })),
    ),
    refused('recorded proof, one signature bit flipped', 'proof_signature', async () =>
      use(withFlippedBit(await recorded())),
    ),
    refused('proof without a nonce of the venue', 'nonce_missing', async () =>
      use(await dpopSigner.proof({ method: 'GET', url, accessToken: await stolen() })),
    ),
    refused('proof whose jwk carries the private key', 'proof_jwk_private', async () =>
      use(proofWithPrivateKey(await target())),
    ),
    refused('proof with alg none', 'proof_alg', async () => use(unsignedProof(await target()))),
    refused('proof with alg HS256 under the public key', 'proof_alg', async () => use(macProof(await target()))),
  ];
}
