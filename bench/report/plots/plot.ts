import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, html, serialised } from '../markup.ts';

/** A plot is drawn for wide screens and paper, and once more for phones: scaled down, its text could not be read there. */
export const WIDTH = { wide: 760, narrow: 328 } as const;
export type Size = keyof typeof WIDTH;

export const FONT = 12; // px, also in the style of the page

const { document } = parseHTML('<!doctype html><html lang="en"></html>');

/** The same plot in both sizes, of which the style shows one. `label` says what it shows to who does not see it. */
export function inBothSizes(label: string, optionsOf: (size: Size) => PlotOptions): Html {
  const [wide, narrow] = (['wide', 'narrow'] as const).map((size) => drawn(label, size, optionsOf(size)));
  return html`<div class="plot">${wide}${narrow}</div>`;
}

/** One SVG, whose colours and fonts are the page's. */
export function drawn(label: string, className: string, options: PlotOptions): Html {
  const svg = plot({ ...options, className, document });
  svg.querySelector('style')?.remove(); // the page has one for all
  const attributes = html`<svg role="img" aria-label="${label}"`;
  return serialised(`${attributes}${svg.outerHTML.slice('<svg'.length)}`);
}
