import { type PeerFacts, TESTED, type TestedCheck } from '../../peers/facts.ts';
import { listed } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { table } from '../section.ts';

const FEW = 3;

/**
 * What a test has shown that it leaves out, by name alone: `replay, nonce, ath and 4 more`. What it does otherwise than we
 * is no omission. Empty where it leaves out nothing.
 */
export function shortOmissions(leavesOut: readonly string[]): string {
  const names = leavesOut.map(checkOf).filter((check) => (TESTED as readonly string[]).includes(check));
  if (names.length <= FEW + 1) return listed(names);
  return `${names.slice(0, FEW).join(', ')} and ${names.length - FEW} more`;
}

/** Which of the checks that a test has shown each verifier makes. */
export function checksTable(peers: readonly PeerFacts[]): Html | undefined {
  const verifiers = peers.filter(({ role }) => role === 'verifies');
  const omitted = TESTED.filter((check) => verifiers.some((peer) => leaves(peer, check)));
  if (omitted.length === 0) return undefined;
  return table({
    caption: 'Checks of a request: who refuses what fails them (yes), and who lets it pass (no)',
    head: ['', 'Holdfast', ...verifiers.map(({ name }) => name)],
    rows: omitted.map((check) => [check, MADE, ...verifiers.map((peer) => (leaves(peer, check) ? LEFT_OUT : MADE))]),
    isBroad: true,
    words: [1, ...verifiers.map((_, i) => i + 2)],
  });
}

const MADE = html`<span class="made">yes</span>`;
const LEFT_OUT = html`<strong class="left-out">no</strong>`;

/** A line begins with the check and a colon. */
const checkOf = (line: string) => line.split(':')[0] ?? line;
const leaves = ({ leavesOut }: PeerFacts, check: TestedCheck) => leavesOut.some((line) => checkOf(line) === check);
