import type { Algorithm } from '@holdfast/proof';
import { isCheap } from '../../scene/algorithms.ts';
import type { Case } from '../case.ts';

const DEAR = 150; // operations in a slice, where the inputs take longer to sign than to check

/** What the cases of one algorithm have in common: a quick run has the usual ones of FAPI 2.0. */
export function ofAlgorithm(alg: Algorithm): Pick<Case, 'alg' | 'most' | 'onlyFull'> {
  if (isCheap(alg)) return { alg };
  return { alg, most: DEAR, ...(alg === 'PS256' ? {} : { onlyFull: true }) };
}
