import type { Change } from '../compare.ts';
import type { Machine } from '../machine.ts';
import { align } from './align.ts';
import { ratio } from './comparison.ts';

/** What has changed since an earlier report: what got worse first. */
export function changeLines(changes: readonly Change[], before: Machine, after: Machine): string[] {
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

const named = ({ commit }: Machine) => (commit === undefined ? 'the earlier report' : `commit ${commit}`);

/** Ratios bear another machine better than costs do, but not without a word. */
function otherwise(before: Machine, after: Machine): string[] {
  const members = ['cpu', 'cores', 'node', 'openssl'] as const;
  const others = members.filter((member) => before[member] !== after[member]);
  if (others.length === 0) return [];
  const then = others.map((member) => `${member} ${before[member]}`).join(', ');
  return [`then it was ${then}: ratios may have changed for that reason alone`];
}
