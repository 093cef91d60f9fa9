/** What a command has opened, so that it is closed however the command ends. */
export interface Opened {
  add(close: () => unknown): void;
  /** Closes all, the last one first, each whatever becomes of the others. Throws what was thrown first. */
  close(): Promise<void>;
}

export function createOpened(): Opened {
  const closing: (() => unknown)[] = [];
  return {
    add: (close) => void closing.push(close),
    async close() {
      const faults: unknown[] = [];
      for (const close of closing.toReversed()) {
        try {
          await close();
        } catch (fault) {
          faults.push(fault);
        }
      }
      if (faults.length > 0) throw faults[0];
    },
  };
}
