import { html } from './html.ts';
import { page } from './page.ts';

export interface ErrorPage {
  /** The OAuth error code. */
  readonly error: string;
  /** A sentence about it, without values of the request. */
  readonly description: string;
  /** Our stable reason code. */
  readonly code: string;
  readonly stylesheet?: string | undefined;
}

const OURS: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

/** Where nothing can be sent back to the client. It holds no link: none could be trusted, and none would help. */
export function errorPage({ error, description, code, stylesheet }: ErrorPage): string {
  const isOurs = OURS.has(error);
  const title = isOurs ? 'Not now' : 'This cannot go on';
  const body = html`<h1>${title}</h1>
<p class="lead">${isOurs ? 'Something is out of order on our side.' : CAUSES}</p>
<div class="alarm" role="alert">
<p>${description}.</p>
<p><code id="oauth-error">${error}</code> <code>${code}</code></p>
</div>
<p>Go back to the application and start again${isOurs ? ' in a while' : undefined}. If you end here once more, tell its support the words in the box.</p>`;
  return page({ title, body, stylesheet });
}

const CAUSES =
  'The application that sent you here asked in a way that cannot be answered, or its request has expired or was decided before.';
