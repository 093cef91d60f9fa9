/** Waits no longer than the signal allows. What is waited for goes on, since others may wait for it too. */
export async function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (signal === null || signal === undefined) return awaited;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([aborted, awaited]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
