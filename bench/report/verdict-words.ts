import type { Verdict } from '../result.ts';
import { type Html, html } from './markup.ts';

export const VERDICTS: Readonly<Record<Verdict, string>> = { ok: 'met', misses: 'missed', unclear: 'unclear' };

export function verdictOf(verdict: Verdict): Html {
  return html`<span class="verdict ${verdict}">${VERDICTS[verdict]}</span>`;
}
