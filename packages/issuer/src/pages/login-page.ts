import { type Html, html } from './html.ts';
import { type Form, hiddenInputs, page } from './page.ts';
import { clientName, destination, type ShownClient } from './shown-client.ts';

export interface LoginPage extends Form {
  readonly client: ShownClient;
  /** What to put into the name field: what was typed before, or the `login_hint`. */
  readonly login?: string | undefined;
  /** Why the last attempt did not do, in a sentence. */
  readonly problem?: string | undefined;
  readonly stylesheet?: string | undefined;
}

/**
 * Asks for name and password. The form posts `login`, `password` and the hidden fields; its second button posts
 * `decision=deny` besides. The first button comes first, because the Enter key presses that one.
 */
export function loginPage({ client, action, fields, login, problem, stylesheet }: LoginPage): string {
  const wrong = problem === undefined ? undefined : html` aria-invalid="true" aria-describedby="oauth-error"`;
  // Who has a name to start with goes on with the password
  const [atName, atPassword] = login === undefined ? [FOCUS, undefined] : [undefined, FOCUS];
  const body = html`<h1>Sign in</h1>
<p class="lead">to continue to ${clientName(client)}</p>
${alarm(problem)}<form method="post" action="${action}">
${hiddenInputs(fields)}<label for="login">User name</label>
<input id="login" name="login" type="text" value="${login ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" required${wrong}${atName}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${wrong}${atPassword}>
<div class="buttons">
<button id="submit-login" class="main" type="submit">Sign in</button>
<button id="deny" type="submit" name="decision" value="deny" formnovalidate>Cancel</button>
</div>
</form>
<p class="note">Next you decide what it may do. Either way you go back to ${destination(client)}.</p>`;
  return page({ title: problem === undefined ? 'Sign in' : 'Sign in: not yet', body, stylesheet });
}

const FOCUS = html` autofocus`;

function alarm(problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`<p id="oauth-error" class="alarm" role="alert">${problem}</p>\n`;
}
