import type { Report } from '../../result.ts';
import { advise } from '../advice/advice.ts';
import { html } from '../markup.ts';
import type { Section } from '../section.ts';

/** What to make of the figures. */
export function adviceSection(report: Report): Section | undefined {
  const advice = advise(report);
  if (advice.length === 0) return undefined;
  const items = advice.map(({ topic, text }) => html`<dt>${topic}</dt><dd>${text}</dd>`);
  return {
    id: 'advice',
    title: 'What follows from it',
    body: html`<p>Each sentence is made from the figures of this run, and only those whose figures it has are here.</p>
<dl class="advice">${items}</dl>`,
  };
}
