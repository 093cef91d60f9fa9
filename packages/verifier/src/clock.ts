import type { Clock } from '@holdfast/proof';

/** The clock, or an exception: NaN compares false with every bound, so that expired tokens would pass. */
export function soundClock(clock: Clock): Clock {
  return () => {
    const now = clock();
    if (!Number.isFinite(now)) throw new TypeError('clock: not a number of milliseconds');
    return now;
  };
}
