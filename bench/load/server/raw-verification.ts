import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { algorithms, generateKey, isAlgorithm } from '@holdfast/proof';
import type { RawVerification } from './venue-server.ts';

const OCTETS = 420; // of a proof's signing input, about
const KEYS = 20;
const AT_ONCE = 20;

/** Verifies one good signature by `node:crypto` alone, with its key imported: of one key after the other. */
type VerifyNext = () => void;

export async function rawVerifier(alg: string): Promise<VerifyNext> {
  const checks = await Promise.all(Array.from({ length: KEYS }, () => createCheck(alg)));
  let turn = 0;
  return () => {
    checks[turn % KEYS]?.();
    turn += 1;
  };
}

const made = new Map<string, Promise<VerifyNext>>();

/** One signature after the other for so long. */
export async function verifyAlone(alg: string, milliseconds: number): Promise<RawVerification> {
  const verifier = made.get(alg) ?? rawVerifier(alg);
  made.set(alg, verifier);
  const verifyNext = await verifier;
  const [start, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  while (performance.now() - start < milliseconds) {
    for (let i = 0; i < AT_ONCE; i += 1, count += 1) verifyNext();
  }
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / count, wall: ((performance.now() - start) * 1000) / count };
}

async function createCheck(alg: string): Promise<() => void> {
  if (!isAlgorithm(alg)) throw new TypeError(`alg: ${alg}`);
  const { digest, options } = algorithms[alg];
  const { publicJwk, sign } = await generateKey(alg);
  const input = randomBytes(OCTETS / 2).toString('hex');
  const [signature, octets] = [await sign(input), Buffer.from(input)];
  const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  return () => {
    if (!verify(digest, octets, { key, ...options }, signature)) throw new Error('a good signature does not verify');
  };
}
