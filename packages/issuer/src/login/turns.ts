import { HoldfastError } from '@holdfast/proof';

/** Lets a few tasks run at a time and a few more wait, in order. */
export interface Turns {
  /** The task's outcome; throws `too_many_requests` at once when too many wait already. */
  take<T>(task: () => Promise<T>): Promise<T>;
}

export function createTurns({ atOnce, waiting }: { readonly atOnce: number; readonly waiting: number }): Turns {
  const queue: (() => void)[] = [];
  let running = 0;

  async function turn(): Promise<void> {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (queue.length >= waiting) throw new HoldfastError('too_many_requests');
    await new Promise<void>((resolve) => queue.push(resolve)); // the place is handed over, not freed in between
  }

  function leave(): void {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async take(task) {
      await turn();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
