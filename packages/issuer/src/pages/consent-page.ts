import type { Account } from '../login/login.ts';
import type { ShownDetails } from './describe-details.ts';
import { type Html, html } from './html.ts';
import { type Form, hiddenInputs, page } from './page.ts';
import { clientName, destination, type ShownClient } from './shown-client.ts';
import { visibleText } from './visible-text.ts';

export interface ConsentPage extends Form {
  readonly client: ShownClient;
  readonly account: Account;
  /** `description` is what the value means; without one the value has to do. */
  readonly scopes: readonly { readonly name: string; readonly description?: string | undefined }[];
  /** Where the access tokens will be good. */
  readonly resources: readonly string[];
  readonly details: readonly ShownDetails[];
  /** Whether the client gets a refresh token. */
  readonly lasting: boolean;
  /** When the approval ends: NumericDate seconds. */
  readonly expires?: number | undefined;
  readonly stylesheet?: string | undefined;
}

/**
 * Asks whether the client may do all of what is listed: RFC 9396 §3.1, scope and details together. The form posts
 * `decision`, approve or deny, and the hidden fields.
 */
export function consentPage(asked: ConsentPage): string {
  const { client, account, action, fields, stylesheet } = asked;
  const body = html`<h1>Allow ${clientName(client)}?</h1>
<p class="lead">It asks to act for you, <strong><bdi>${visibleText(account.name ?? account.sub)}</bdi></strong>.</p>
${cut(asked)}${asked.details.map(detailsSection)}${scopeSection(asked)}${whereSection(asked)}<form method="post" action="${action}">
${hiddenInputs(fields)}<div class="buttons">
<button id="approve" class="main" type="submit" name="decision" value="approve">Allow</button>
<button id="deny" type="submit" name="decision" value="deny">Deny</button>
</div>
</form>`;
  return page({ title: 'Allow access?', body, isWide: true, stylesheet });
}

function cut({ details }: ConsentPage): Html | undefined {
  if (!details.some(({ rows }) => rows.some(({ isCut }) => isCut))) return undefined;
  return html`<p class="warning">Some of what it asks for is too long to be shown. Deny it unless you know the rest.</p>\n`;
}

function detailsSection({ title, resource, rows }: ShownDetails): Html {
  return html`<section>
<h2>${title}</h2>
<p class="note">at ${visibleText(resource)}</p>
<dl>
${rows.map(({ label, value }) => html`<div><dt><bdi>${label}</bdi></dt><dd><bdi>${value}</bdi></dd></div>\n`)}</dl>
</section>
`;
}

function scopeSection({ scopes, details }: ConsentPage): Html | undefined {
  if (scopes.length === 0) return undefined;
  return html`<section>
<h2>${details.length === 0 ? 'It may' : 'It may also'}</h2>
<ul>
${scopes.map(({ name, description }) =>
  description === undefined
    ? html`<li><code>${name}</code></li>\n`
    : html`<li>${description} <code>${name}</code></li>\n`,
)}</ul>
</section>
`;
}

function whereSection({ client, resources, lasting, expires }: ConsentPage): Html {
  const rows: [string, Html | string][] = [
    ...resources.map((resource, i): [string, string] => [i === 0 ? 'Good at' : 'and at', visibleText(resource)]),
    ['How long', duration(lasting, expires)],
    ['Answer goes to', destination(client)],
    ...(client.uri === undefined ? [] : [['Its site, it says', visibleText(client.uri)] as [string, string]]),
  ];
  return html`<section class="plain">
<dl>
${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>\n`)}</dl>
</section>
`;
}

function duration(lasting: boolean, expires: number | undefined): string {
  const end = expires === undefined ? '' : `Until ${dateTime(expires)}`;
  if (lasting) return end === '' ? 'Until it is withdrawn, also while you are away' : `${end}, also while you are away`;
  return end === '' ? 'This once; after some minutes it has to ask again' : `${end}; then it has to ask again`;
}

/** In UTC, which every desk can read: 2026-12-20 14:05 UTC. The spaces and hyphens do not break. */
function dateTime(seconds: number): string {
  const [day = '', time = ''] = new Date(seconds * 1000).toISOString().split('T');
  return `${day.replaceAll('-', '\u2011')}\u00A0${time.slice(0, 5)}\u00A0UTC`;
}
