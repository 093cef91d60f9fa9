import type { Report } from '../result.ts';
import { type Html, html, type Insert } from './markup.ts';

/** A part of the page under a heading of its own. */
export interface Section {
  /** For links to it. */
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** Undefined where nothing of it was measured. */
export type MakeSection = (report: Report) => Section | undefined;

/** A plot with what explains it. */
export function figure(plot: Insert, caption: Insert): Html {
  return html`<figure>${plot}<figcaption>${caption}</figcaption></figure>`;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell of each names it. */
  readonly rows: readonly (readonly Insert[])[];
  /** The columns of words; all others are of figures, and stand below each other. */
  readonly words?: readonly number[];
  /** Takes the margin too, where the screen has one. */
  readonly isBroad?: boolean;
}

/** Where it is wider than the screen, it scrolls by itself, also by keyboard. */
export function table({ caption, head, rows, words = [], isBroad = false }: Table): Html {
  const left = new Set([0, ...words]);
  const name = (column: number) => (left.has(column) ? 'w' : 'n');
  const heads = head.map((text, column) => html`<th scope="col" class="${name(column)}">${text}</th>`);
  const body = rows.map(([first, ...cells]) => {
    const rest = cells.map((cell, i) => html`<td class="${name(i + 1)}">${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${rest}</tr>`;
  });
  return html`<div class="${isBroad ? 'scroll broad' : 'scroll'}" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${body}</tbody>
</table></div>`;
}

/** Closed on a screen until somebody asks for it; open on paper. */
export function folded(summary: string, content: Insert): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}
