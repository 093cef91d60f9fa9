import { testsNaming } from './named.ts';
import { idsOfTitle, isRequirementId, sourceOf } from './requirement-id.ts';
import type { TestTitle } from './titles.ts';

/** One requirement, in our own words. It is shown by tests whose titles begin with its id, or says why there is none. */
export interface Row {
  readonly id: string;
  /** Specification and section, with the number of the item where the section is a list. */
  readonly source: string;
  /** Whose requirement it is: the issuer's (AS), the resource server's (RS), the client's (C) or a proxy's (P). */
  readonly actors: readonly ('AS' | 'RS' | 'C' | 'P')[];
  readonly level: 'MUST' | 'SHOULD' | 'MAY';
  readonly requirement: string;
  /** Where it is settled, when no program can show it. */
  readonly review?: string;
  /** Why it is not met, or does not apply. */
  readonly absent?: string;
}

/** Everything in which the catalogue and the tests do not agree, a line each. */
export function faults(rows: readonly Row[], titles: readonly TestTitle[]): string[] {
  const tests = testsNaming('ids', titles);
  const known = new Set(rows.map(({ id }) => id));
  return [
    ...rows.flatMap(faultsOfRow),
    ...rows
      .filter(({ id }, at) => rows.findIndex((row) => row.id === id) !== at)
      .map(({ id }) => `${id}: a second row`),
    ...rows.flatMap((row) => faultsOfCoverage(row, tests.get(row.id) ?? [])),
    ...titles.flatMap(straysOf),
    ...[...tests].flatMap(([id, named]) => (known.has(id) ? [] : [`${id}: no row, named in ${named[0]?.file}`])),
  ];
}

function faultsOfRow({ id, source, actors, level, requirement, review, absent }: Row): string[] {
  const reasons = [review, absent].filter((reason) => reason !== undefined);
  const found: [boolean, string][] = [
    [isRequirementId(id), 'no requirement id'],
    [isSource(id, source), 'the id is of another source'],
    [actors.length > 0 && actors.every((actor) => ['AS', 'RS', 'C', 'P'].includes(actor)), 'no actor'],
    [['MUST', 'SHOULD', 'MAY'].includes(level), 'no level'],
    [/^[A-Z].+\.$/.test(requirement), 'no sentence'],
    [reasons.every((reason) => /^[A-Z].+\.$/.test(reason)), 'a reason that is no sentence'],
    [reasons.length < 2, 'two reasons'],
  ];
  return found.filter(([holds]) => !holds).map(([, fault]) => `${id}: ${fault}`);
}

function isSource(id: string, source: string): boolean {
  const [section, item] = source.split(/(?= \()/);
  return section === sourceOf(id) && (item === undefined || /^ \([0-9]+[a-z]?\)$/.test(item));
}

function faultsOfCoverage({ id, actors, level, review, absent }: Row, named: readonly TestTitle[]): string[] {
  const shown = named.filter(({ runs }) => runs);
  if ((review ?? absent) !== undefined)
    return named.length === 0 ? [] : [`${id}: a reason and a test: ${named[0]?.file}`];
  if (level === 'MAY') return [];
  if (shown.length === 0) return [`${id}: a ${level} with neither a test that runs nor a reason`];
  // What the resource server has to do is shown from outside, by requests that a verifier decides
  const isOutside =
    level !== 'MUST' || !actors.includes('RS') || shown.some(({ file }) => file.startsWith('verifier/'));
  return isOutside ? [] : [`${id}: a MUST of the resource server that no test of the verifier shows`];
}

function straysOf({ file, path }: TestTitle): string[] {
  return path.flatMap((title) =>
    idsOfTitle(title).strays.map((stray) => `${stray}: no id, or not in front, in ${file}`),
  );
}
