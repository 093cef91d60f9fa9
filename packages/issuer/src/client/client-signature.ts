import { type Algorithm, type Code, FAPI_ALGORITHMS, HoldfastError, type Jws, verifySignature } from '@holdfast/proof';
import type { Registered } from './clients.ts';

/**
 * Verifies a JWS of a client by the keys that it registered: RFC 7523 §3, RFC 9101 §6.2, FAPI 2.0 §5.4.1. Throws `alg` for
 * an algorithm that is not accepted or not the one that the client registered, `signature` for everything else.
 * NOT checked: any claim.
 */
export async function verifyClientSignature(
  { header, signingInput, signature }: Jws,
  client: Registered,
  registeredAlg: string | undefined,
  refusals: { readonly alg: Code; readonly signature: Code },
): Promise<void> {
  const { alg, kid } = header;
  if (!isAccepted(alg) || (registeredAlg !== undefined && !isSame(alg, registeredAlg))) {
    throw new HoldfastError(refusals.alg);
  }
  // RFC 7515 §4.1.4: a hint, looked up among the client's own keys and nowhere else
  if (kid !== undefined && typeof kid !== 'string') throw new HoldfastError(refusals.signature, { detail: 'kid' });
  const keys = await client.keys.find(alg, kid);
  if (!keys.some((key) => verifySignature(alg, key, signingInput, signature))) {
    throw new HoldfastError(refusals.signature);
  }
}

function isAccepted(alg: unknown): alg is Algorithm {
  return FAPI_ALGORITHMS.some((accepted) => accepted === alg);
}

// RFC 9864 §2.2: two names of one algorithm
function isSame(alg: Algorithm, registered: string): boolean {
  const edwards = ['EdDSA', 'Ed25519'];
  return alg === registered || (edwards.includes(alg) && edwards.includes(registered));
}
