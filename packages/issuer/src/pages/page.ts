import { type Html, html } from './html.ts';
import { STYLE_VERSION } from './style.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Room for more than a form. */
  readonly isWide?: boolean;
  /** Path of the stylesheet; left out: beside the page. */
  readonly stylesheet?: string | undefined;
}

/** The whole document. It runs no script, and fetches nothing but the stylesheet. */
export function page({ title, body, isWide = false, stylesheet = 'style.css' }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${stylesheet}?v=${STYLE_VERSION}">
</head>
<body>
<main${isWide ? html` class="wide"` : undefined}>
${body}
</main>
</body>
</html>
`.toString();
}

/** Where a form goes, and what it takes along. */
export interface Form {
  readonly action: string;
  /** Hidden inputs by name. */
  readonly fields: Readonly<Record<string, string>>;
}

export function hiddenInputs(fields: Form['fields']): Html[] {
  return Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`);
}
