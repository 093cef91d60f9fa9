import type { Report, Result } from '../../result.ts';
import { ofGroup, verification } from '../figures.ts';
import { percent, time } from '../format.ts';
import { html } from '../markup.ts';
import { type Bar, barPlot, upTo } from '../plots/bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, type Section } from '../section.ts';

/** Where the microseconds of one verification go: each step begins where the one before has ended. */
export function stepsSection(report: Report): Section | undefined {
  const steps = ofGroup(report, 'step');
  if (steps.length === 0) return undefined;
  const whole = verification(report, 'ES256');
  const bars = [...stairs(steps, whole), ...(whole === undefined ? [] : [wholeBar(whole)])];
  const plot = barPlot({
    label: `Steps of one verification: ${bars.map(({ name, text }) => `${name} ${text}`).join('; ')}`,
    unit: 'µs of CPU',
    bars,
  });
  const key = colourKey({ limit: 'cryptography alone', ours: 'all else' });
  return {
    id: 'steps',
    title: 'Where the microseconds go',
    body: html`<p>The steps of one verification by ES256 of a client that is known, each measured by itself, in the order in which
they run. What they leave of the whole is the way from one to the next; where they
are together more than the whole, that is the price of measuring each alone.</p>
${figure([key, plot], 'CPU time of each step, beginning where the one before has ended. Line: 10th to 90th percentile of the rounds.')}`,
  };
}

/** The signature is what cannot be avoided. */
function stairs(steps: readonly Result[], whole: Result | undefined): Bar[] {
  let from = 0;
  const bars = steps.map(({ name, value: { median, low, high } }): Bar => {
    const start = from;
    from += median;
    return {
      name: stepName(name),
      segments: [{ kind: /signature/i.test(name) ? 'limit' : 'ours', from: start, to: start + median }],
      spread: { low: start + low, high: start + high },
      text: withShare(median, whole),
    };
  });
  const rest = restOf(steps, whole) ?? 0;
  if (!(rest > 0)) return bars;
  const segments = [{ kind: 'ours', from, to: from + rest } as const];
  return [...bars, { name: 'all else', segments, text: withShare(rest, whole) }];
}

/** What the whole takes more than its steps, of the same rounds. */
function restOf(steps: readonly Result[], whole: Result | undefined): number | undefined {
  const names = new Set(steps.map(({ name }) => name));
  return whole?.comparisons.find(({ moreThan = [] }) => moreThan.some((name) => names.has(name)))?.figure.median;
}

const stepName = (name: string) => name.replace(/^step:? /, '');

function withShare(micros: number, whole: Result | undefined): string {
  return whole === undefined ? time(micros) : `${time(micros)} · ${percent(micros / whole.value.median)}`;
}

const wholeBar = ({ name, value }: Result): Bar => ({
  name: `the whole: ${name}`,
  segments: upTo('ours', value.median),
  spread: value,
  text: time(value.median),
});
