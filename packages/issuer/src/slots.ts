import { randomInt } from 'node:crypto';

/**
 * Occupies one of so many slots, which bounds how often something can be done where a store cannot count. `occupy` is told a
 * number below `slots` and says whether that one was free. Most are in most cases, and so most ask once: the first one to be
 * tried is chosen at random. Undefined: none is free.
 */
export async function occupySlot(
  slots: number,
  occupy: (slot: number) => boolean | Promise<boolean>,
): Promise<number | undefined> {
  const first = randomInt(slots);
  for (let i = 0; i < slots; i += 1) {
    const slot = (first + i) % slots;
    if (await occupy(slot)) return slot;
  }
  return undefined;
}
