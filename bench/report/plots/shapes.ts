import { type Html, html } from '../markup.ts';

/** What a point stands for: each has a shape of its own, so that nobody has to tell colours apart. */
export const SYMBOLS = {
  p50: 'circle',
  p90: 'square',
  p99: 'diamond',
  p999: 'triangle',
  ok: 'circle',
  unclear: 'diamond',
  misses: 'triangle',
} as const;
export type Shape = keyof typeof SYMBOLS;
export const SHAPES = Object.keys(SYMBOLS) as Shape[];

const PATHS = {
  circle: 'M6 1.5a4.5 4.5 0 1 0 .01 0z',
  square: 'M2 2h8v8h-8z',
  diamond: 'M6 .5l4 5.5l-4 5.5l-4 -5.5z',
  triangle: 'M6 1l5 9h-10z',
} as const;

/** What the shapes of a plot mean, in the order given. */
export function shapeKey(meanings: Partial<Record<Shape, string>>): Html {
  const items = Object.entries(meanings).map(([shape, meaning]) => {
    const path = PATHS[SYMBOLS[shape as Shape]];
    const look = html`<svg viewBox="0 0 12 12" aria-hidden="true" style="fill: var(--${shape})"><path d="${path}"/></svg>`;
    return html`<li>${look} ${meaning}</li>`;
  });
  return html`<ul class="key">${items}</ul>`;
}

/** What the colours of bars mean, in the order given. */
export function colourKey(meanings: Partial<Record<'ours' | 'peer' | 'limit', string>>): Html {
  const items = Object.entries(meanings).map(([kind, meaning]) => {
    const look = html`<svg viewBox="0 0 12 12" aria-hidden="true" style="fill: var(--${kind})"><path d="M0 2h12v8h-12z"/></svg>`;
    return html`<li>${look} ${meaning}</li>`;
  });
  return html`<ul class="key">${items}</ul>`;
}
