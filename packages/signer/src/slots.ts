/** Places for a number of requests at once to each origin. Who finds none waits in turn. */
export interface Slots {
  /** Takes a place; what it returns gives it back. Rejects with the reason of a signal that ends the waiting. */
  take(origin: string, signal: AbortSignal | null | undefined): Leave | Promise<Leave>;
}

export type Leave = () => void;

export function createSlots(most: number): Slots {
  const origins = new Map<string, { taken: number; readonly waiting: Set<(leave: Leave) => void> }>();

  function leaveOf(origin: string): Leave {
    return () => {
      const slots = origins.get(origin);
      if (slots === undefined) return;
      const [next] = slots.waiting;
      if (next !== undefined) {
        slots.waiting.delete(next);
        next(leaveOf(origin)); // the place changes hands
      } else {
        slots.taken -= 1;
        if (slots.taken === 0) origins.delete(origin);
      }
    };
  }

  return {
    take(origin, signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      const slots = origins.get(origin) ?? { taken: 0, waiting: new Set() };
      origins.set(origin, slots);
      if (slots.taken < most) {
        slots.taken += 1;
        return leaveOf(origin);
      }
      return new Promise<Leave>((resolve, reject) => {
        const giveUp = () => {
          slots.waiting.delete(enter);
          reject(signal?.reason);
        };
        const enter = (leave: Leave) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(leave);
        };
        slots.waiting.add(enter);
        signal?.addEventListener('abort', giveUp, { once: true });
      });
    },
  };
}
