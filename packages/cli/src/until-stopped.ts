const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Resolves when somebody asks the process to end, with Ctrl-C or a supervisor's SIGTERM, or when its output is lost. Who
 * asks a second time does not want to wait: that signal ends the process at once, as it does by default.
 */
export function untilStopped(lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of SIGNALS) process.off(signal, stop);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, stop);
    if (lost.aborted) stop();
    lost.addEventListener('abort', stop, { once: true });
  });
}
