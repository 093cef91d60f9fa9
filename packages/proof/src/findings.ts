import { asRefusal } from './errors.ts';
import type { Code } from './refusals.ts';

/** One check of an explanation. Made of fixed sentences: no token, no key, no claim's value. */
export interface Finding {
  /** What has to hold. */
  readonly check: string;
  /** Where it is required. */
  readonly section: string;
  /** `unchecked`: what it needs could not be read. */
  readonly verdict: 'passed' | 'failed' | 'unchecked';
  /** Why it failed. */
  readonly code?: Code;
  readonly reason?: string;
}

/** Collects findings: a check that fails does not stop the next one. For people, never for decisions about access. */
export interface Findings {
  readonly all: readonly Finding[];
  /** Makes a check, and gives what it gives. Undefined when it fails, or when something that it needs is undefined. */
  check<const N extends readonly unknown[], T>(
    check: string,
    section: string,
    needs: N,
    run: (...needs: Present<N>) => T | Promise<T>,
  ): Promise<T | undefined>;
}

type Present<N extends readonly unknown[]> = { -readonly [K in keyof N]: Exclude<N[K], undefined> };

export function createFindings(): Findings {
  const all: Finding[] = [];
  return {
    all,
    async check(check, section, needs, run) {
      if (needs.includes(undefined)) {
        all.push({ check, section, verdict: 'unchecked' });
        return undefined;
      }
      try {
        const value = await run(...(needs as Present<typeof needs>));
        all.push({ check, section, verdict: 'passed' });
        return value;
      } catch (thrown) {
        const { code, message } = asRefusal(thrown);
        all.push({ check, section, verdict: 'failed', code, reason: message });
        return undefined;
      }
    },
  };
}
