import { generateKeyPairSync, sign } from 'node:crypto';
import { type Algorithm, isAvailable } from '@holdfast/proof';
import { createSigner, generateKey, type ProofKey } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';
import { type Key, makeKey, published } from '../verifier/forge.ts';
import { ORIGIN, Scene } from '../verifier/scene.ts';
import { serveVenue } from '../verifier/venue-server.ts';

const NAMES = ['ML-DSA-44', 'ML-DSA-65'] as const;
const issuer = makeKey('ES256', 'issuer-1');

/** A venue on a real listener, and what it answers to one request by a client with this key. */
async function answerTo(key: ProofKey, scene: Scene, token: (scene: Scene, jkt: string) => string) {
  await using venue = await serveVenue(scene.verifier);
  const signer = createSigner({ key, clock: () => scene.clock.now });
  const accessToken = token(scene, key.jkt);
  const request = { method: 'GET', url: `${ORIGIN}/orders`, accessToken };
  const send = async (nonce?: string): Promise<Response> => {
    const dpop = await signer.proof({ ...request, nonce });
    return await fetch(`http://127.0.0.1:${venue.port}/orders`, {
      headers: { authorization: `DPoP ${accessToken}`, dpop },
    });
  };
  const challenged = await send();
  const nonce = challenged.headers.get('dpop-nonce') ?? undefined;
  const answered = await send(nonce);
  return { challenged: await codeOf(challenged), status: answered.status, body: await answered.json() };
}

async function codeOf(response: Response): Promise<string | undefined> {
  return ((await response.json()) as { code?: string }).code;
}

const boundByEs256 = (scene: Scene, jkt: string): string => scene.token({ payload: { cnf: { jkt } } });

describe.runIf(isAvailable('ML-DSA-44')).each(NAMES)('%s', (alg) => {
  const chosen: readonly Algorithm[] = ['ES256', alg];

  it('DPOP-4.3-06 signs for a token of an ES256 issuer, at a verifier that chose it', async () => {
    const answer = await answerTo(await generateKey(alg), new Scene({ algorithms: chosen }, { issuer }), boundByEs256);
    expect(answer).toEqual({ challenged: 'nonce_missing', status: 200, body: { client: 'client-1' } });
  });

  it('DPOP-4.3-05 and is refused by one that did not', async () => {
    const answer = await answerTo(await generateKey(alg), new Scene({}, { issuer }), boundByEs256);
    expect(answer).toMatchObject({ challenged: 'proof_alg', status: 401, body: { code: 'proof_alg' } });
  });

  it('AT-4-05 signs tokens, too, and both go through the header limit of Node', async () => {
    const { publicKey, privateKey } = generateKeyPairSync(alg === 'ML-DSA-44' ? 'ml-dsa-44' : 'ml-dsa-65');
    const key = { ...issuer, alg, publicJwk: { ...publicKey.export({ format: 'jwk' }) } } as unknown as Key;
    const scene = new Scene({ algorithms: [alg], jwks: { keys: [published(key)] } }, { issuer });
    const signed = (_: Scene, jkt: string): string => {
      const [, payload] = boundByEs256(scene, jkt).split('.');
      const header = Buffer.from(JSON.stringify({ typ: 'at+jwt', alg, kid: key.kid })).toString('base64url');
      const input = `${header}.${payload}`;
      return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
    };
    const answer = await answerTo(await generateKey(alg), scene, signed);
    expect(answer).toEqual({ challenged: 'nonce_missing', status: 200, body: { client: 'client-1' } });
    // The signature of the issuer is what counts
    const forged = (s: Scene, jkt: string): string => `${signed(s, jkt).slice(0, -8)}AAAAAAAA`;
    expect((await answerTo(await generateKey(alg), scene, forged)).body).toMatchObject({ code: 'token_signature' });
  });
});
