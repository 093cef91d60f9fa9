import type { Report } from '../result.ts';
import { type Html, html, serialised } from './markup.ts';
import type { Section } from './section.ts';
import { shownTime } from './sections/method.ts';
import { STYLE } from './style.ts';

/** The frame around the sections. */
export function page(report: Report, sections: readonly Section[]): string {
  const { machine, started, mode } = report;
  const commit = machine.commit === undefined ? '' : ` · commit ${machine.commit}`;
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>What Holdfast costs: ${shownTime(started)}</title>
<style>${serialised(STYLE)}</style>
</head>
<body>
<header>
<p class="over">Holdfast · bench</p>
<h1>What sender-constrained tokens cost</h1>
<p class="lead">One ${mode} run on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}.</p>
<p class="note">${shownTime(started)}${commit}</p>
</header>
<nav aria-label="Contents"><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main>${sections.map(framed)}</main>
</body>
</html>`}
`;
}

function framed({ id, title, body }: Section): Html {
  return html`
<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>`;
}
