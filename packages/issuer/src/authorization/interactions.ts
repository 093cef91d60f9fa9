import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, fieldValues, HoldfastError, type HttpMessage, seconds } from '@holdfast/proof';
import type { Account } from '../login/login.ts';
import { PATHS } from '../metadata.ts';
import type { Records } from '../records.ts';
import { occupySlot } from '../slots.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** One browser that was sent here with one authorization request. */
export interface Interaction {
  /** In the path of its pages. Opens nothing without the cookie. */
  readonly id: string;
  readonly requestUri: string;
  readonly request: AuthorizationRequest;
  /** What the browser keeps in a cookie. The store knows its hash alone. */
  readonly secret: string;
}

export interface LoggedIn extends Account {
  /** NumericDate. */
  readonly authTime: number;
}

/** Interactions: RFC 9700 §4.7, who began one is who ends it. */
export interface Interactions {
  begin(requestUri: string, request: AuthorizationRequest): Promise<Interaction>;
  /** The interaction of a page, for the browser that began it. Throws `interaction_unknown` to every other. */
  resume(id: string, message: HttpMessage): Promise<Interaction>;
  /** Who logged in. The first one stays. */
  login(interaction: Interaction): Promise<LoggedIn | undefined>;
  logIn(interaction: Interaction, account: Account): Promise<void>;
  /** Who logged in elsewhere, for the browser of an interaction to bring back. Undefined: nobody, and nobody will. */
  giveTicket(id: string, account: Account | undefined): Promise<string>;
  /** Who that was. Throws `interaction_unknown` for a ticket of another interaction, or one that was used. */
  redeemTicket(interaction: Interaction, ticket: string): Promise<Account | undefined>;
}

interface Ticket {
  readonly id: string;
  readonly account: Account | undefined;
}

interface InteractionRecord {
  readonly requestUri: string;
  readonly request: AuthorizationRequest;
  /** SHA-256 of the secret. */
  readonly browser: string;
}

const MOST_OPENINGS = 200;
const TICKET_LIFETIME = 60; // seconds from an organisation's login back to us
const ID = /^[A-Za-z0-9_-]{22}$/;

export function createInteractions(records: Records, lifetime: number, clock: Clock): Interactions {
  const login = ({ id }: Interaction) => records.get<LoggedIn>('login', id);

  /** The page may be opened again (RFC 9126 §7.3), but nobody fills the store by opening it for ever. */
  async function countOpening(requestUri: string, until: number): Promise<void> {
    const occupy = (slot: number) => records.add('opened', `${requestUri} ${slot}`, true, until);
    if ((await occupySlot(MOST_OPENINGS, occupy)) === undefined) throw new HoldfastError('too_many_requests');
  }

  // Of several at once the first one stays
  async function logIn(interaction: Interaction, account: Account): Promise<void> {
    const loggedIn: LoggedIn = { ...known(account), authTime: seconds(clock) };
    await records.add('login', interaction.id, loggedIn, seconds(clock) + lifetime);
  }

  return {
    async begin(requestUri, request) {
      const until = seconds(clock) + lifetime;
      await countOpening(requestUri, until);
      const id = randomBytes(16).toString('base64url');
      const secret = randomBytes(32).toString('base64url');
      const record: InteractionRecord = { requestUri, request, browser: hash('sha256', secret, 'base64url') };
      await records.add('interaction', id, record, until);
      return { id, requestUri, request, secret };
    },
    async resume(id, message) {
      const record = ID.test(id) ? await records.get<InteractionRecord>('interaction', id) : undefined;
      const secret = readCookie(message, cookieName(id));
      if (record === undefined || secret === undefined) throw new HoldfastError('interaction_unknown');
      if (!isSame(hash('sha256', secret, 'base64url'), record.browser)) throw new HoldfastError('interaction_unknown');
      return { id, requestUri: record.requestUri, request: record.request, secret };
    },
    login,
    logIn,
    async giveTicket(id, account) {
      const ticket = randomBytes(32).toString('base64url');
      const given: Ticket = { id, account: account && known(account) };
      await records.add('ticket', ticket, given, seconds(clock) + TICKET_LIFETIME);
      return ticket;
    },
    async redeemTicket(interaction, ticket) {
      const given = await records.take<Ticket>('ticket', ticket);
      if (given?.id !== interaction.id) throw new HoldfastError('interaction_unknown');
      return given.account;
    },
  };
}

/** Where the pages of an interaction are. */
export function pageUrl(issuer: string, id: string): string {
  return `${issuer}${PATHS.interaction}/${id}`;
}

/** The cookie of an interaction: each has its own, so that two tabs do not end each other. RFC 6265bis §4.1.3.2 `__Host-`. */
export function setCookie({ id, secret }: Interaction, lifetime: number): string {
  // Lax: the browser comes from the client's site
  return `${cookieName(id)}=${secret}; Path=/; Max-Age=${lifetime}; Secure; HttpOnly; SameSite=Lax`;
}

/** What a form of this interaction carries: nobody else's page can know it. */
export function formToken({ id, secret }: Interaction): string {
  return createHmac('sha256', secret).update(`form\n${id}`).digest('base64url');
}

/**
 * The code that this interaction gives when it is approved: the same, however often the button is pressed, and nothing that
 * anybody could know who has not the cookie.
 */
export function codeOf({ id, secret }: Interaction): string {
  return createHmac('sha256', secret).update(`code\n${id}`).digest('base64url');
}

/** Throws unless a form comes from the page of this interaction, in this browser. */
export function checkForm(
  interaction: Interaction,
  token: string | undefined,
  message: HttpMessage,
  origin: string,
): void {
  const [sender, another] = fieldValues(message, 'origin');
  const [site] = fieldValues(message, 'sec-fetch-site');
  const isOwn = another === undefined && (sender === undefined || sender === origin);
  if (!isOwn || (site !== undefined && site !== 'same-origin')) throw new HoldfastError('page_forged');
  if (token === undefined || !isSame(token, formToken(interaction))) throw new HoldfastError('page_forged');
}

/** The name of the grant that comes of it: the same, however often the button is pressed. It opens nothing. */
export function grantIdOf({ id, secret }: Interaction): string {
  return createHmac('sha256', secret).update(`grant\n${id}`).digest().subarray(0, 16).toString('base64url');
}

function cookieName(id: string): string {
  return `__Host-holdfast-${id}`;
}

function readCookie(message: HttpMessage, name: string): string | undefined {
  for (const field of fieldValues(message, 'cookie')) {
    for (const pair of field.split(';')) {
      const [key, value] = pair.trim().split('=');
      if (key === name) return value;
    }
  }
  return undefined;
}

/** An organisation's account may have more to it, which is none of our business. */
function known({ sub, name }: Account): Account {
  return { sub, name };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
