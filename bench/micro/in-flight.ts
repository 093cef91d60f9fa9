/** Handles each input, so many at a time. */
export async function inFlight<T>(
  inputs: readonly T[],
  limit: number,
  handle: (input: T) => Promise<unknown>,
): Promise<void> {
  const queue = inputs.values(); // one iterator for all, so each input is taken once
  const worker = async () => {
    for (const input of queue) await handle(input);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
