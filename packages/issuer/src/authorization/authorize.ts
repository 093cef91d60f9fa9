import { asRefusal, HoldfastError, seconds } from '@holdfast/proof';
import { type Client, isRegistered } from '../client/clients.ts';
import type { Occurrence } from '../events.ts';
import { type Form, type IssuerRequest, readForm, readQuery } from '../form.ts';
import { type Account, externalLoginUrl, isSubject } from '../login/login.ts';
import { PATHS } from '../metadata.ts';
import type { Parts } from '../parts.ts';
import { type Reply, redirect } from '../reply.ts';
import { checkRedirect } from './authorization-request.ts';
import { type AuthorizationResult, refusalResult, responseLocation } from './authorization-response.ts';
import { checkForm, codeOf, grantIdOf, type Interaction, type LoggedIn, setCookie } from './interactions.ts';
import type { Decision } from './pushed-requests.ts';
import { showConsent, showError, showLogin } from './screens.ts';

/** What a browser asks for while a person decides. Never throws: a refusal is a page, or an answer to the client. */
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
}

export function createAuthorization(parts: Parts): Authorization {
  const { config, clock, clients, pushed, interactions, login, lockout, externalLogin, codes, events } = parts;

  /** RFC 9126 §4: what counts was pushed; all else in the URL is taken no notice of (RFC 9101 §5). */
  async function authorize(request: IssuerRequest): Promise<Reply> {
    const query = readQuery(request);
    const clientId = query.get('client_id');
    const requestUri = query.get('request_uri');
    // FAPI 2.0 §5.3.2.2: only pushed requests. Nothing was authenticated, so nobody is sent anywhere
    if (clientId === undefined || requestUri === undefined) throw new HoldfastError('request_uri_missing');
    const client = await clients.find(clientId);
    const asked = await pushed.find(requestUri, clientId);
    checkRedirect(asked.redirectUri, client);
    if (asked.isSilent) return await refuseSilently(requestUri, asked, client);
    const interaction = await interactions.begin(requestUri, asked);
    return redirect(pageUrl(interaction), { 'Set-Cookie': setCookie(interaction, config.interaction_lifetime) });
  }

  // OIDC Core §3.1.2.6: nobody is ever logged in here before
  async function refuseSilently(requestUri: string, asked: Interaction['request'], client: Client): Promise<Reply> {
    const decision = { approved: false, interaction: undefined, at: seconds(clock) };
    if ((await pushed.decide(requestUri, decision)) !== decision) throw new HoldfastError('request_uri_used');
    return await answer(asked, refusalResult(new HoldfastError('prompt_none')), client);
  }

  async function show(request: IssuerRequest, id: string): Promise<Reply> {
    const interaction = await interactions.resume(id, request);
    await checkUndecided(interaction);
    const client = await clientOf(interaction);
    const ticket = readQuery(request).get('ticket');
    if (ticket !== undefined) {
      // In this browser, which has the cookie: whoever began the request elsewhere gets nothing of it
      return await enter(interaction, await interactions.redeemTicket(interaction, ticket));
    }
    const loggedIn = await interactions.login(interaction);
    if (loggedIn !== undefined) return showConsent(interaction, client, loggedIn, parts);
    if (externalLogin === undefined) return showLogin(interaction, client, parts);
    return redirect(externalLoginUrl(externalLogin, externalInteraction(interaction, client)));
  }

  // RFC 9126 §2.1: it may have changed since it pushed the request, or be gone
  async function clientOf({ request }: Interaction): Promise<Client> {
    const client = await clients.find(request.clientId);
    checkRedirect(request.redirectUri, client);
    return client;
  }

  function externalInteraction(interaction: Interaction, { clientId, metadata }: Client) {
    const { loginHint } = interaction.request;
    return {
      id: interaction.id,
      clientId,
      clientName: metadata.client_name,
      loginHint,
      returnTo: pageUrl(interaction),
    };
  }

  async function loggedIn(id: string, account: Account): Promise<string> {
    await checkSubject(account);
    return `${pageUrl({ id })}?ticket=${await interactions.giveTicket(id, account)}`;
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
        return await logIn(interaction, client, form, request);
      case 'approve':
        return await approve(interaction, client);
      case 'deny':
        return await deny(interaction, client);
      default:
        throw new HoldfastError('form_malformed', { detail: 'decision' });
    }
  }

  /** RFC 9700 §4.16: guesses are counted before the password is looked at. */
  async function logIn(interaction: Interaction, client: Client, form: Form, request: IssuerRequest): Promise<Reply> {
    await checkUndecided(interaction);
    try {
      return await enter(interaction, await readAccount(form, request));
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      if (refusal.error !== 'access_denied' && refusal.code !== 'too_many_requests') throw refusal;
      await events.tell({ event: 'login.refused', code: refusal.code, clientId: client.clientId });
      return showLogin(interaction, client, parts, { refusal, name: form.get('login') });
    }
  }

  const check = (name: string, password: string, address: string) =>
    lockout.attempt({ name, address }, async () => login?.check(name, password));

  async function readAccount(form: Form, { address = '' }: IssuerRequest): Promise<Account> {
    const [name, password] = [form.get('login'), form.get('password')];
    const isComplete = name !== undefined && password !== undefined;
    const account = isComplete ? await check(name, password, address) : undefined;
    if (account === undefined) throw new HoldfastError('login_refused');
    return account;
  }

  async function enter(interaction: Interaction, account: Account): Promise<Reply> {
    await checkSubject(account);
    // Told before it counts: nobody is in whose login could not be recorded
    await events.tell({ event: 'login.succeeded', subject: account.sub, clientId: interaction.request.clientId });
    await interactions.logIn(interaction, account);
    return redirect(pageUrl(interaction));
  }

  // RFC 9068 §5, FAPI 2.0 §6.7: a resource server could not tell such a person from that client
  async function checkSubject({ sub }: Account): Promise<void> {
    // The word of a hook: of several people without a name each would be taken for the others
    if (!isSubject(sub)) throw new HoldfastError('internal', { detail: 'a subject that is none' });
    if (await isRegistered(clients, sub)) throw new HoldfastError('internal', { detail: 'a subject that is a client' });
  }

  /** FAPI 2.0 §5.3.2.2, RFC 9126 §7.3: one decision for one request, whoever opened its page how often. */
  async function approve(interaction: Interaction, client: Client): Promise<Reply> {
    const loggedIn = await interactions.login(interaction);
    if (loggedIn === undefined) return redirect(pageUrl(interaction));
    const { clientId, scope, jkt } = interaction.request;
    const grant = grantIdOf(interaction);
    const told = { event: 'authorization.granted', clientId, subject: loggedIn.sub, grant, scope, jkt } as const;
    const { at } = await decide(interaction, true, told);
    await giveCode(interaction, loggedIn, at);
    return await answer(interaction.request, { code: codeOf(interaction) }, client);
  }

  /** Also for a decision that was made before: whoever made it may have been interrupted here. Nothing is given twice. */
  async function giveCode(interaction: Interaction, { sub, authTime }: LoggedIn, at: number): Promise<void> {
    const { clientId, scope, resources, details, nonce, redirectUri, codeChallenge, jkt } = interaction.request;
    const expiresAt = at + config.code_lifetime - 1;
    if (seconds(clock) > expiresAt) return;
    const endsAt = at + config.refresh_token_lifetime;
    const id = grantIdOf(interaction);
    const grant = { id, clientId, subject: sub, scope, resources, details, authTime, nonce, endsAt };
    await codes.add(codeOf(interaction), { grant, redirectUri, codeChallenge, jkt }, expiresAt);
  }

  async function deny(interaction: Interaction, client: Client): Promise<Reply> {
    const refusal = new HoldfastError('consent_denied');
    const told = { event: 'authorization.denied', clientId: client.clientId, code: refusal.code } as const;
    await decide(interaction, false, told);
    return await answer(interaction.request, refusalResult(refusal), client);
  }

  /** The same again, as by a second click, finds what was decided; another decision than that is refused. */
  async function decide({ id, requestUri }: Interaction, approved: boolean, told: Occurrence): Promise<Decision> {
    const before = await pushed.decision(requestUri);
    // Told before it counts: nothing is decided that could not be recorded
    if (before === undefined) await events.tell(told);
    const made = before ?? (await pushed.decide(requestUri, { approved, interaction: id, at: seconds(clock) }));
    if (made.interaction !== id || made.approved !== approved) throw new HoldfastError('request_uri_used');
    return made;
  }

  async function checkUndecided({ requestUri }: Interaction): Promise<void> {
    if ((await pushed.decision(requestUri)) !== undefined) throw new HoldfastError('request_uri_used');
  }

  async function answer(asked: Interaction['request'], result: AuthorizationResult, client: Client): Promise<Reply> {
    return redirect(await responseLocation(asked, result, client, { issuer: config.issuer, keys: parts.keys, clock }));
  }

  const pageUrl = ({ id }: Pick<Interaction, 'id'>) => `${config.issuer}/interaction/${id}`;

  return {
    authorize: (request) => orErrorPage(PATHS.authorize, authorize(request)),
    show: (request, id) => orErrorPage(PATHS.interaction, show(request, id)),
    submit: (request, id) => orErrorPage(PATHS.interaction, submit(request, id)),
    loggedIn,
  };

  async function orErrorPage(endpoint: string, reply: Promise<Reply>): Promise<Reply> {
    try {
      return await reply;
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      await events.tell({ event: 'request.refused', endpoint, code: refusal.code });
      return showError(refusal, parts.stylesheet);
    }
  }
}
