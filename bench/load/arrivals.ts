/**
 * When so many requests are due, in ms from the start: as clients that know nothing of each other send them, so that each
 * gap is exponential (a Poisson process). The same seed gives the same arrivals.
 */
export function arrivals(perSecond: number, count: number, seed: number): Float64Array {
  const random = mulberry32(seed);
  const due = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    at += (-Math.log(1 - random()) / perSecond) * 1000;
    due[i] = at;
  }
  return due;
}

/** Tommy Ettinger's generator of 32 bits: 0 to below 1. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
