import { type Algorithm, algorithms, isAvailable } from '@holdfast/proof';
import { UsageError } from '../options.ts';

/** What is measured: each algorithm that this runtime has. RFC 9864 §2.2: EdDSA is the other name of Ed25519. */
export const MEASURED: readonly Algorithm[] = (Object.keys(algorithms) as Algorithm[]).filter(
  (alg) => alg !== 'EdDSA' && isAvailable(alg),
);

/** How many clients a scene has that sign by it: an RSA key takes long to make, and other keys and proofs are long. */
export function clientsOf(alg: Algorithm): number {
  if (algorithms[alg].kty === 'RSA') return 4;
  return isCheap(alg) ? 100 : 20;
}

/** Whether thousands of signatures are made in a moment. */
export function isCheap(alg: Algorithm): boolean {
  return alg === 'ES256' || algorithms[alg].crv === 'Ed25519';
}

/** Throws UsageError unless one of those that are measured is called so, in whatever case. */
export function expectMeasured(name: string): void {
  if (MEASURED.some((alg) => alg.toLowerCase() === name.toLowerCase())) return;
  throw new UsageError(`--alg: one of ${MEASURED.join(', ')}`);
}
