import { asRefusal, HoldfastError } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import { type IssuerRequest, readForm, readQuery } from '../form.ts';
import { type Account, externalLoginUrl } from '../login/login.ts';
import { PATHS } from '../metadata.ts';
import type { Parts } from '../parts.ts';
import { type Reply, redirect } from '../reply.ts';
import { checkRedirect } from './authorization-request.ts';
import { createDecisions } from './decisions.ts';
import { checkForm, type Interaction, pageUrl, setCookie } from './interactions.ts';
import { showConsent, showError, showLogin } from './screens.ts';
import { createSignIn } from './sign-in.ts';

/**
 * What a browser asks for while a person decides: a refusal is a page, or an answer to the client, and nothing is thrown.
 * `loggedIn` and `gaveUp` are for the caller's own code, and throw.
 */
export interface Authorization {
  /** RFC 6749 §4.1.1, RFC 9126 §4: the front door. */
  authorize(request: IssuerRequest): Promise<Reply>;
  /** The page that is next: login, or consent. */
  show(request: IssuerRequest, id: string): Promise<Reply>;
  /** What the form of that page says. */
  submit(request: IssuerRequest, id: string): Promise<Reply>;
  /**
   * For an organisation's own login: this person has logged in for this interaction. Returns the URL to send the same
   * browser to, good once and in no other browser. NOT checked: who the person is; that is the caller's word.
   */
  loggedIn(id: string, account: Account): Promise<string>;
  /** The same for a person who gave up there: the client is told that the request was denied. */
  gaveUp(id: string): Promise<string>;
}

export function createAuthorization(parts: Parts): Authorization {
  const { config, clients, pushed, interactions, externalLogin, events } = parts;
  const decisions = createDecisions(parts);
  const signIn = createSignIn(parts);
  const ownPage = (id: string) => pageUrl(config.issuer, id);

  /** RFC 9126 §4: what counts was pushed; all else in the URL is taken no notice of (RFC 9101 §5). */
  async function authorize(request: IssuerRequest): Promise<Reply> {
    // OIDC Core §3.1.2.1: by GET or POST
    const query = request.method === 'POST' ? readForm(request) : readQuery(request);
    const clientId = query.get('client_id');
    const requestUri = query.get('request_uri');
    // FAPI 2.0 §5.3.2.2: only pushed requests. Nothing was authenticated, so nobody is sent anywhere
    if (clientId === undefined || requestUri === undefined) throw new HoldfastError('request_uri_missing');
    const client = await clients.find(clientId);
    const asked = await pushed.find(requestUri, clientId);
    checkRedirect(asked.redirectUri, client);
    if (asked.isSilent) return await decisions.refuseSilently(requestUri, asked, client);
    const interaction = await interactions.begin(requestUri, asked);
    return redirect(ownPage(interaction.id), { 'Set-Cookie': setCookie(interaction, config.interaction_lifetime) });
  }

  async function show(request: IssuerRequest, id: string): Promise<Reply> {
    const interaction = await interactions.resume(id, request);
    await decisions.checkUndecided(interaction);
    const client = await clientOf(interaction);
    const ticket = readQuery(request).get('ticket');
    if (ticket !== undefined) return await comeBack(interaction, client, ticket);
    const loggedIn = await interactions.login(interaction);
    if (loggedIn !== undefined) return showConsent(interaction, client, loggedIn, parts);
    if (externalLogin === undefined) return showLogin(interaction, client, parts);
    return redirect(externalLoginUrl(externalLogin, externalInteraction(interaction, client)));
  }

  /** From an organisation's login, in the browser that has the cookie: whoever began the request elsewhere gets nothing. */
  async function comeBack(interaction: Interaction, client: Client, ticket: string): Promise<Reply> {
    const account = await interactions.redeemTicket(interaction, ticket);
    return account === undefined ? await decisions.deny(interaction, client) : await signIn.enter(interaction, account);
  }

  async function submit(request: IssuerRequest, id: string): Promise<Reply> {
    const interaction = await interactions.resume(id, request);
    const form = readForm(request);
    checkForm(interaction, form.get('csrf'), request, request.origin);
    const client = await clientOf(interaction);
    switch (form.get('decision')) {
      case undefined:
        // Where an organisation has its own login, no password is for us
        if (externalLogin !== undefined) throw new HoldfastError('form_malformed', { detail: 'decision' });
        await decisions.checkUndecided(interaction);
        return await signIn.attempt(interaction, client, form, request);
      case 'approve': {
        const loggedIn = await interactions.login(interaction);
        return loggedIn === undefined ? redirect(ownPage(id)) : await decisions.approve(interaction, client, loggedIn);
      }
      case 'deny':
        return await decisions.deny(interaction, client);
      default:
        throw new HoldfastError('form_malformed', { detail: 'decision' });
    }
  }

  // RFC 9126 §2.1: it may have changed since it pushed the request, or be gone
  async function clientOf({ request }: Interaction): Promise<Client> {
    const client = await clients.find(request.clientId);
    checkRedirect(request.redirectUri, client);
    return client;
  }

  function externalInteraction({ id, request }: Interaction, { clientId, metadata }: Client) {
    const { loginHint } = request;
    return { id, clientId, clientName: metadata.client_name, loginHint };
  }

  const withTicket = async (id: string, account: Account | undefined) =>
    `${ownPage(id)}?ticket=${await interactions.giveTicket(id, account)}`;

  async function orErrorPage(endpoint: string, reply: Promise<Reply>): Promise<Reply> {
    try {
      return await reply;
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      await events.tell({ event: 'request.refused', endpoint, code: refusal.code });
      return showError(refusal, parts.stylesheet);
    }
  }

  return {
    authorize: (request) => orErrorPage(PATHS.authorize, authorize(request)),
    show: (request, id) => orErrorPage(PATHS.interaction, show(request, id)),
    submit: (request, id) => orErrorPage(PATHS.interaction, submit(request, id)),
    async loggedIn(id, account) {
      await signIn.checkSubject(account);
      return await withTicket(id, account);
    },
    gaveUp: (id) => withTicket(id, undefined),
  };
}
