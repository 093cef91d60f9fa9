import { withinTime } from '@holdfast/proof';

/** Whether a process can do its work now. */
export interface Readiness {
  /** The names of what it lacks; none when it is ready. */
  lacking(): Promise<readonly string[]>;
  /** It is about to end, and never ready again. */
  stop(): void;
}

const PATIENCE = 2000; // ms; what takes longer is not usable

/** Each check throws, or rejects, when what it is named after cannot be used. */
export function createReadiness(checks: Readonly<Record<string, () => unknown>>): Readiness {
  let isStopping = false;

  async function isUsable(check: () => unknown): Promise<boolean> {
    try {
      await withinTime(Promise.resolve(check()), PATIENCE);
      return true;
    } catch {
      return false;
    }
  }

  return {
    async lacking() {
      if (isStopping) return ['time'];
      const found = Object.entries(checks).map(async ([name, check]) => ((await isUsable(check)) ? [] : [name]));
      return (await Promise.all(found)).flat();
    },
    stop() {
      isStopping = true;
    },
  };
}
