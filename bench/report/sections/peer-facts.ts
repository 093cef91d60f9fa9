import type { PeerFacts } from '../../peers/facts.ts';
import type { Report } from '../../result.ts';
import { type Html, html } from '../markup.ts';
import type { Section } from '../section.ts';

/** Everyone who was measured beside ours, for who maintains one of them and wants to check. */
export function peerFactsSection({ peers = [] }: Report): Section | undefined {
  if (peers.length === 0) return undefined;
  return {
    id: 'peer-facts',
    title: 'Who the others are',
    body: html`<p>How each is driven, and which of our checks it leaves out or makes otherwise, with the place in its source.</p>
<dl class="facts">${peers.map(factsOf)}</dl>`,
  };
}

const ROLES = { verifies: 'verifies', signs: 'signs', issues: 'issues', reference: 'a reference' } as const;

function factsOf({ name, version, role, driven, leavesOut }: PeerFacts): Html {
  const lines = leavesOut.map((line) => html`<li>${line}</li>`);
  const omits = lines.length === 0 ? html`<p>Leaves out nothing.</p>` : html`<ul>${lines}</ul>`;
  return html`<dt>${name} ${version} <span>${ROLES[role]}</span></dt><dd><p>Driven by ${driven}.</p>${omits}</dd>`;
}
