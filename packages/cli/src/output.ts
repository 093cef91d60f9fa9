import type { Writable } from 'node:stream';

/** Where a command prints its results. Its reader may go away, and its disk may be full, at any time. */
export interface Output {
  print(line: string): void;
  /** Aborted when nothing more can be printed. */
  readonly lost: AbortSignal;
  /** Resolves when all is written, or lost: then with the reason, unless it is that nobody reads any more. */
  end(): Promise<NodeJS.ErrnoException | undefined>;
}

export function createOutput(stream: Writable): Output {
  const lost = new AbortController();
  const fail = (error: Error | null | undefined) => {
    if (error && !lost.signal.aborted) lost.abort(error);
  };
  stream.on('error', fail);
  return {
    print(line) {
      if (!lost.signal.aborted) stream.write(`${line}\n`, fail);
    },
    lost: lost.signal,
    async end() {
      if (!lost.signal.aborted) await new Promise((resolve) => stream.write('', resolve));
      const reason = lost.signal.reason as NodeJS.ErrnoException | undefined;
      return reason?.code === 'EPIPE' ? undefined : reason;
    },
  };
}
