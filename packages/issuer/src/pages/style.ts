import { hash } from 'node:crypto';

/** The one stylesheet of the pages, served with `STYLE_HEADERS`. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #eef1f5; --card: #ffffff; --panel: #f5f7fa; --line: #ccd4dd; --field: #6f7d8c;
  --ink: #16202c; --muted: #4a5766; --accent: #0b57a4; --accent-deep: #084482; --on-accent: #ffffff;
  --alarm: #9c1622; --alarm-ground: #fdeeee; --warning: #6b4700; --warning-ground: #fdf3dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1319; --card: #171e27; --panel: #1f2833; --line: #34404d; --field: #8794a2;
    --ink: #e9eef3; --muted: #acb8c5; --accent: #7db8fb; --accent-deep: #a5cffd; --on-accent: #08192b;
    --alarm: #ffb3ab; --alarm-ground: #391a1c; --warning: #f3cf85; --warning-ground: #322815;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink);
}
main {
  width: 100%; max-width: 27rem; margin: auto; padding: 1.5rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
}
main.wide { max-width: 38rem; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; }
h2 { margin: 0; font-size: 1rem; line-height: 1.4; font-weight: 650; }
p { margin: 0 0 .75rem; }
h1, h2, p, dd, dt, li, code { overflow-wrap: anywhere; }
.lead { margin-bottom: 1.25rem; color: var(--muted); }
.lead strong { color: var(--ink); }
.note { font-size: .875rem; color: var(--muted); }
form + .note { margin: 1.25rem 0 0; }
main > :last-child, .alarm > :last-child { margin-bottom: 0; }
code { font: .875em/1.5 ui-monospace, 'SF Mono', 'Cascadia Mono', 'Liberation Mono', monospace; }
label { display: block; margin: 1rem 0 .375rem; font-weight: 600; }
input:not([type=hidden]) {
  display: block; width: 100%; min-height: 2.875rem; padding: .5rem .75rem; font: inherit;
  color: var(--ink); background: var(--card); border: 1px solid var(--field); border-radius: .5rem;
}
input[aria-invalid=true] { border-color: var(--alarm); border-width: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; flex-direction: column; gap: .75rem; margin-top: 1.5rem; }
button {
  flex: 1 1 0; min-height: 2.875rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--accent); background: transparent; border: 1px solid var(--field); border-radius: .5rem;
}
button:hover { border-color: var(--accent); background: var(--panel); }
button.main { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
button.main:hover { background: var(--accent-deep); border-color: var(--accent-deep); }
.alarm, .warning { margin: 1rem 0; padding: .75rem 1rem; border-radius: .5rem; border-left: .25rem solid; }
.alarm { color: var(--alarm); background: var(--alarm-ground); }
.warning { color: var(--warning); background: var(--warning-ground); }
section { margin-top: 1rem; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; }
section.plain { padding: 0; background: none; border: 0; }
section > .note { margin: .125rem 0 0; }
dl { margin: .75rem 0 0; }
dl > div { padding: .375rem 0; border-top: 1px solid var(--line); }
dt { color: var(--muted); font-size: .875rem; }
dd { margin: 0; font-weight: 550; white-space: pre-wrap; font-variant-numeric: tabular-nums; }
ul { margin: .5rem 0 0; padding-left: 1.25rem; }
li + li { margin-top: .25rem; }
dd code { font-weight: 600; }
li code { color: var(--muted); }
@media (min-width: 34rem) {
  main { padding: 2rem; }
  .buttons { flex-direction: row; }
  dl > div { display: grid; grid-template-columns: 11rem 1fr; gap: .75rem; }
  dt { font-size: 1rem; }
}
@media (forced-colors: active) { button.main { border-width: 2px; } }
`.trimStart();

/** In the URL that the pages have of it, so that browsers keep one and ask for the next. */
export const STYLE_VERSION = hash('sha256', STYLE, 'base64url').slice(0, 12);

export const STYLE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/css; charset=utf-8',
  'Cache-Control': 'public, max-age=86400',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
