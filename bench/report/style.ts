/** The one stylesheet of the page. Colours are told apart by who cannot see red or green, and in grey too, by lightness. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f7f9; --line: #d5dce3; --grid: #e3e8ed; --ink: #17202b; --muted: #55616e; --link: #0b57a4;
  --ours: #4a90d0; --peer: #cc7528; --limit: #87929d;
  --shade: #00000020; --p50: #1f6fb5; --p90: #6b5fb5; --p99: #b35c00; --p999: #8f2d56;
  --ok: #1f6fb5; --misses: #a3211b; --unclear: #8a6200;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10161d; --panel: #19212b; --line: #36424f; --grid: #26303b; --ink: #e8edf2; --muted: #a9b5c1; --link: #86bdfb;
    --ours: #3a7fbd; --peer: #b56a24; --limit: #687582;
    --shade: #ffffff28; --p50: #6db1ef; --p90: #a79df0; --p99: #e8a04c; --p999: #ef8fb4;
    --ok: #6db1ef; --misses: #ff9a90; --unclear: #e6bd5c;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --panel: #ffffff; --line: #c5ccd3; --grid: #e3e8ed; --ink: #000000; --muted: #404a54; --link: #000000;
    --ours: #4a90d0; --peer: #cc7528; --limit: #87929d;
    --shade: #00000020; --p50: #1f6fb5; --p90: #6b5fb5; --p99: #b35c00; --p999: #8f2d56;
    --ok: #1f6fb5; --misses: #a3211b; --unclear: #8a6200;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font: 100%/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif; }
body { margin: 0 auto; max-width: 50rem; padding: 2.5rem 1rem 5rem; background: var(--ground); color: var(--ink); }
h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); line-height: 1.15; font-weight: 650; letter-spacing: -.01em; }
h2 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; font-weight: 650; }
h3 { margin: 2.5rem 0 .5rem; font-size: 1.0625rem; line-height: 1.4; font-weight: 650; }
h1, h2, p, li, dd, figcaption { overflow-wrap: anywhere; }
p { margin: 0 0 1rem; max-width: 42rem; }
a { color: var(--link); }
.over { margin: 0 0 .5rem; color: var(--muted); font-size: .875rem; letter-spacing: .02em; }
.lead { margin-bottom: .25rem; font-size: 1.0625rem; }
.note { color: var(--muted); font-size: .875rem; }
nav ol { margin: 2rem 0 0; padding: 1rem 0 0; border-top: 1px solid var(--line); list-style: none; columns: 15rem; column-gap: 2rem; font-size: .9375rem; }
nav a { display: block; padding: .25rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
section { margin-top: 3.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.headlines { margin: 0; padding: 0; list-style: none; font-size: 1.0625rem; }
.headlines li { display: grid; grid-template-columns: 9rem 1fr; gap: 0 1.5rem; align-items: baseline; padding: .75rem 0; }
.headlines li + li { border-top: 1px solid var(--grid); }
.headlines strong { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0 2rem; }
figcaption { margin-top: .5rem; max-width: 42rem; color: var(--muted); font-size: .875rem; }
figcaption strong { color: var(--ink); }
.plot svg, .multiples figure > svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif; }
.plot svg text, .multiples svg text { white-space: pre; }
svg.wide { max-width: 48rem; }
svg.narrow { display: none !important; max-width: 27rem; }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: 1rem 2rem; }
.multiples figure { margin: .5rem 0; max-width: 23rem; }
.multiples .key { margin: .5rem 0 0; }
svg { overflow: visible; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 .75rem; padding: 0; list-style: none; font-size: .875rem; color: var(--muted); }
.key svg { width: .75rem; height: .75rem; }
.scroll {
  margin: 1.5rem 0; overflow-x: auto;
  background: linear-gradient(90deg, transparent, var(--ground) 80%) 100% 0 / 3rem 100% no-repeat local,
    linear-gradient(90deg, transparent, var(--shade)) 100% 0 / 1rem 100% no-repeat scroll;
}
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
caption { padding-bottom: .5rem; text-align: left; color: var(--muted); }
th, td { padding: .4rem 1rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { vertical-align: bottom; color: var(--muted); }
thead th { overflow-wrap: break-word; }
thead .n { min-width: 4.25rem; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
tbody th { min-width: 9rem; }
.n { text-align: right; white-space: nowrap; }
.w { min-width: 4.75rem; overflow-wrap: break-word; }
td.w:last-child { min-width: 8rem; }
.made { color: var(--muted); }
.left-out { color: var(--misses); }
.verdict { display: inline-block; padding: 0 .5rem; border: 1px solid; border-radius: 1rem; font-weight: 600; }
.verdict.ok { color: var(--ok); }
.verdict.misses { color: var(--ground); background: var(--misses); border-color: var(--misses); }
.verdict.unclear { color: var(--unclear); border-style: dashed; }
.facts dt { margin-top: 1.25rem; color: var(--ink); font-weight: 650; }
.facts dt span { color: var(--muted); font-weight: 400; }
.facts p { margin: .25rem 0; }
.facts ul { margin: .25rem 0; padding-left: 1.25rem; color: var(--muted); font-size: .875rem; }
details { margin: 1.5rem 0; }
summary { padding: .5rem 0; color: var(--link); cursor: pointer; }
dl { margin: 1.5rem 0; max-width: 46rem; font-size: .9375rem; }
dl > div { display: grid; grid-template-columns: 11rem 1fr; gap: .25rem 1rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--muted); }
dd { margin: 0; }
.advice { font-size: 1rem; }
.advice dt { margin-top: 1.25rem; color: var(--ink); font-weight: 650; }
main ul:not([class]) { max-width: 42rem; padding-left: 1.25rem; }
main ul:not([class]) li + li { margin-top: .5rem; }
@media (max-width: 44rem) {
  svg.wide { display: none !important; }
  svg.narrow { display: block !important; }
  section { margin-top: 2.5rem; }
  dl > div { grid-template-columns: 1fr; }
  .headlines li { grid-template-columns: 1fr; gap: .125rem; }
}
@media (min-width: 64rem) {
  .broad { width: max-content; min-width: 100%; max-width: calc(50vw + 23rem); }
}
@media print {
  @page { margin: 16mm 14mm; }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  nav { display: none; }
  svg.wide { display: block !important; }
  svg.narrow { display: none !important; }
  section { margin-top: 1.5rem; }
  h2, h3, caption, .key { break-after: avoid; }
  tr, li, dl > div { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; background: none; }
  figure { break-before: avoid; break-inside: avoid; }
  table { font-size: 8pt; }
  thead .n { min-width: 0; }
  .w, tbody th { min-width: 2.75rem; }
  p { break-inside: avoid; }
  h2 + p, h3 + p { break-after: avoid; }
  .broad { width: auto; max-width: none; }
  summary { display: none; }
  details::details-content { display: block; content-visibility: visible; }
  .headlines li { grid-template-columns: 9rem 1fr; gap: 0 1.5rem; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`.trimStart();
