import { type Code, HoldfastError } from '@holdfast/proof';

/** What came back: the status, and the reason code where it was refused. */
export interface Outcome {
  readonly status: number;
  readonly code?: string;
}

/** One thing that somebody tries, and how it must end. */
export interface Scenario {
  readonly name: string;
  readonly expected: Outcome;
  run(): Promise<Outcome>;
}

/** Something that must be refused for exactly this reason, with the status that belongs to it. */
export function refused(name: string, code: Code, run: () => Promise<Outcome>): Scenario {
  const expected = new HoldfastError(code);
  return {
    name,
    expected: { status: expected.status, code },
    run: async () => {
      const { status, code: seen } = await run();
      return seen === undefined ? { status } : { status, code: seen };
    },
  };
}

export interface Result {
  readonly name: string;
  readonly expected: Outcome;
  readonly seen: Outcome;
  readonly passed: boolean;
}

/** Runs scenarios one after the other: later ones build on earlier ones. What throws has not ended as expected. */
export async function runScenarios(scenarios: readonly Scenario[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { name, expected, run } of scenarios) {
    const seen = await run().catch((error: unknown) => ({
      status: 0,
      code: error instanceof Error ? error.message : 'thrown',
    }));
    results.push({
      name,
      expected,
      seen,
      passed: seen.status === expected.status && seen.code === expected.code,
    });
  }
  return results;
}
