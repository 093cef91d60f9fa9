import type { Change } from '../compare.ts';
import type { Report } from '../result.ts';
import { align } from './align.ts';
import { ratio } from './comparison.ts';

type Run = Pick<Report, 'machine' | 'mode'>;

/** What has changed since an earlier report: what got worse first. */
export function changeLines(changes: readonly Change[], before: Run, after: Run): string[] {
  const told = (['worse', 'better', 'unclear'] as const).flatMap((verdict) =>
    changes.filter((change) => change.verdict === verdict).map(row),
  );
  const count = (verdict: Change['verdict']) => changes.filter((change) => change.verdict === verdict).length;
  return [
    ...(told.length > 0 ? align([['ratio', 'before', 'spread', 'now', 'spread', ''], ...told], new Set([1, 3])) : []),
    `${changes.length} ratios compared with ${named(before)}: ${count('worse')} worse, ${count('better')} better, ` +
      `${count('unclear')} unclear, ${count('same')} the same`,
    ...otherwise(before, after),
  ];
}

function row({ name, against, before, after, verdict }: Change): string[] {
  const cells = [before, after].flatMap(({ median, low, high }) => [ratio(median), `${ratio(low)} – ${ratio(high)}`]);
  return [`${name} / ${against}`, ...cells, verdict];
}

const named = ({ machine: { commit } }: Run) => (commit === undefined ? 'the earlier report' : `commit ${commit}`);

/** Ratios bear another machine better than costs do, but not without a word. */
function otherwise(before: Run, after: Run): string[] {
  const [then, now] = [before, after].map(circumstances) as [Map<string, string>, Map<string, string>];
  const others = [...then].filter(([what, value]) => now.has(what) && now.get(what) !== value);
  if (others.length === 0) return [];
  const told = others.map(([what, value]) => `${what} ${value}`).join(', ');
  return [`then it was ${told}: ratios may have changed for that reason alone`];
}

/** A quick run has colder code; a peer of another version has other code. */
function circumstances({ machine: { cpu, cores, node, openssl, packages }, mode }: Run): Map<string, string> {
  return new Map(Object.entries({ mode, cpu, cores: String(cores), node, openssl, ...packages }));
}
