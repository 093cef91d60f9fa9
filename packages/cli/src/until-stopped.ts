/** Resolves when somebody asks the process to end, with Ctrl-C or a supervisor's SIGTERM, or when its output is lost. */
export function untilStopped(lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    if (lost.aborted) resolve();
    lost.addEventListener('abort', () => resolve(), { once: true });
  });
}
