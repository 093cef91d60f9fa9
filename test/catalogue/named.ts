import { idsOfTitle } from './requirement-id.ts';
import type { TestTitle } from './titles.ts';

/** The tests that each requirement id, or each conformance check, stands before: before the test or a suite around it. */
export function testsNaming(kind: 'ids' | 'checks', titles: readonly TestTitle[]): Map<string, TestTitle[]> {
  const tests = new Map<string, TestTitle[]>();
  for (const title of titles) {
    for (const name of new Set(title.path.flatMap((part) => idsOfTitle(part)[kind]))) {
      tests.set(name, [...(tests.get(name) ?? []), title]);
    }
  }
  return tests;
}
