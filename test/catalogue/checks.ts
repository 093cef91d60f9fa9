import { testsNaming } from './named.ts';
import type { TestTitle } from './titles.ts';

/** What a conformance suite looks for, in our own words. It is shown by tests whose titles begin with its number. */
export interface Check {
  /** C001 and so on, without a gap. */
  readonly check: string;
  /** INTEROP: no rule, but a peer that behaves differently is hard to work with. */
  readonly level: 'MUST' | 'SHOULD' | 'INTEROP';
  readonly expected: string;
}

const ALL = 100; // checks that there are, for issuer, resource server, client and transport

/** Everything in which the list of checks and the tests do not agree, a line each. Each check needs a test that runs. */
export function faultsOfChecks(checks: readonly Check[], titles: readonly TestTitle[]): string[] {
  const tests = testsNaming('checks', titles);
  return [
    ...checks.flatMap(faultsOfCheck),
    ...checks
      .filter(({ check }) => !tests.get(check)?.some(({ runs }) => runs))
      .map(({ check }) => `${check}: no test that runs`),
    ...[...tests]
      .filter(([check]) => !numbers(ALL).includes(check))
      .map(([check, named]) => `${check}: no check, named in ${named[0]?.file}`),
  ];
}

function faultsOfCheck({ check, level, expected }: Check, at: number): string[] {
  const found: [boolean, string][] = [
    [check === numbers(ALL)[at], 'not the next number'],
    [['MUST', 'SHOULD', 'INTEROP'].includes(level), 'no level'],
    [/^[A-Z].+\.$/.test(expected), 'no sentence'],
  ];
  return found.filter(([holds]) => !holds).map(([, fault]) => `${check}: ${fault}`);
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `C${String(i + 1).padStart(3, '0')}`);
}
