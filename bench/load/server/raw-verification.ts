import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { algorithms, generateKey, isAlgorithm } from '@holdfast/proof';
import type { RawVerification } from './venue-server.ts';

const OCTETS = 420; // of a proof's signing input, about
const KEYS = 20;
const AT_ONCE = 20;

type Check = () => void;
const made = new Map<string, Promise<Check[]>>();

/** One signature after the other for so long, each with its key imported. */
export async function verifyAlone(alg: string, milliseconds: number): Promise<RawVerification> {
  const checks = made.get(alg) ?? makeChecks(alg);
  made.set(alg, checks);
  const ready = await checks;
  const [start, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  while (performance.now() - start < milliseconds) {
    for (let i = 0; i < AT_ONCE; i += 1, count += 1) ready[count % ready.length]?.();
  }
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / count, wall: ((performance.now() - start) * 1000) / count };
}

async function makeChecks(alg: string): Promise<Check[]> {
  if (!isAlgorithm(alg)) throw new TypeError(`alg: ${alg}`);
  const { digest, options } = algorithms[alg];
  return await Promise.all(
    Array.from({ length: KEYS }, async () => {
      const { publicJwk, sign } = await generateKey(alg);
      const input = randomBytes(OCTETS / 2).toString('hex');
      const signature = await sign(input);
      const [key, octets] = [createPublicKey({ key: { ...publicJwk }, format: 'jwk' }), Buffer.from(input)];
      return () => {
        if (!verify(digest, octets, { key, ...options }, signature))
          throw new Error('a good signature does not verify');
      };
    }),
  );
}
