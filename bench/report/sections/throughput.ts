import type { Report } from '../../result.ts';
import { html } from '../markup.ts';
import type { Section } from '../section.ts';
import { saturatedScenarios, underLoad } from './under-load.ts';
import { verifications } from './verifications.ts';

/** By algorithm and binding: of a venue under load, and of verification alone. */
export function throughputSection(report: Report): Section | undefined {
  const saturated = saturatedScenarios(report);
  const loaded = saturated.length === 0 ? undefined : underLoad(saturated);
  const alone = verifications(report);
  if (loaded === undefined && alone === undefined) return undefined;
  return { id: 'throughput', title: 'Throughput by algorithm and binding', body: html`${loaded}${alone}` };
}
