import { unlessAborted } from './abort.ts';

/** The newest nonce of each server, for one key. An issuer's nonce never goes to a resource server or back (RFC 9449 §9). */
export interface NonceMemory {
  /**
   * The turn of one request. Nobody knows whether a server wants nonces before it has answered once: one request goes
   * ahead, the others wait for its answer, though not for long, instead of being challenged all together.
   */
  begin(origin: string, signal: AbortSignal | null | undefined): Turn | Promise<Turn>;
  /** For requests that somebody else sends, whose order nobody knows. */
  newest(origin: string): string | undefined;
  learn(origin: string, response: Answered): void;
}

/** One request to one server. Ends with one of the two calls. */
export interface Turn {
  readonly nonce: string | undefined;
  /** RFC 9449 §8.2: learns from any response, also a successful one. */
  answered(response: Answered, isChallenge: boolean): void;
  /** No response came. */
  failed(): void;
}

type Answered = { readonly headers: Pick<Headers, 'get'> };

interface Server {
  readonly nonce: string | undefined;
  /** The turn that taught it. */
  readonly taughtBy: number;
  /** Nonces that came before it, latest first. */
  readonly before: readonly string[];
}

const SYNTAX = /^[\x21\x23-\x5B\x5D-\x7E]{1,512}$/; // RFC 9449 §8.1: 1*NQCHAR, and a cap
const MOST_ORIGINS = 100;
const MOST_BEFORE = 8;
const PATIENCE = 500; // ms that requests wait for the first answer of a server

export function createNonceMemory(): NonceMemory {
  const servers = new Map<string, Server>();
  const firstContacts = new Map<string, Promise<Contact>>();
  let turns = 0;

  function keep(origin: string, server: Server): void {
    servers.delete(origin); // to the end: the map is in order of use
    servers.set(origin, server);
    const [oldest] = servers.keys();
    if (servers.size > MOST_ORIGINS && oldest !== undefined) servers.delete(oldest);
  }

  function turnOf(origin: string, over: (contact: Contact) => void = () => {}): Turn {
    turns += 1;
    const turn = turns;
    const nonce = servers.get(origin)?.nonce;
    return {
      nonce,
      answered(response, isChallenge) {
        keep(origin, learn(servers.get(origin) ?? UNHEARD, { turn, nonce, isChallenge }, readNonce(response)));
        over('answered');
      },
      failed: () => over('failed'),
    };
  }

  function goAhead(origin: string): Turn {
    let over: (contact: Contact) => void = () => {};
    const ended = new Promise<Contact>((resolve) => {
      const timer = setTimeout(() => resolve('slow'), PATIENCE).unref();
      over = (contact) => {
        clearTimeout(timer);
        resolve(contact);
      };
    });
    const contact = ended.finally(() => {
      if (firstContacts.get(origin) === contact) firstContacts.delete(origin);
    });
    firstContacts.set(origin, contact);
    return turnOf(origin, over);
  }

  function begin(origin: string, signal: AbortSignal | null | undefined): Turn | Promise<Turn> {
    if (servers.has(origin)) return turnOf(origin);
    const contact = firstContacts.get(origin);
    return contact === undefined ? goAhead(origin) : afterContact(contact, origin, signal);
  }

  async function afterContact(
    contact: Promise<Contact>,
    origin: string,
    signal: AbortSignal | null | undefined,
  ): Promise<Turn> {
    // Of those who waited for one that failed, another one goes ahead
    return (await unlessAborted(contact, signal)) === 'failed' ? begin(origin, signal) : turnOf(origin);
  }

  return {
    begin,
    newest: (origin) => servers.get(origin)?.nonce,
    learn: (origin, response) => turnOf(origin).answered(response, true),
  };
}

/** How the first request to a server went, as far as the others waited. */
type Contact = 'answered' | 'failed' | 'slow';

const UNHEARD: Server = { nonce: undefined, taughtBy: 0, before: [] };

interface Lesson {
  readonly turn: number;
  /** What the request carried. */
  readonly nonce: string | undefined;
  readonly isChallenge: boolean;
}

/**
 * Responses overtake each other. What a slow handler sends late was chosen when its request came, so that it does not
 * replace what a later request has learned; a challenge is answered at once, and is news unless it was seen before.
 */
function learn(known: Server, { turn, nonce: sent, isChallenge }: Lesson, nonce: string | undefined): Server {
  if (nonce === undefined) return known;
  if (nonce === known.nonce) return { ...known, taughtBy: Math.max(known.taughtBy, turn) };
  const isAboutCurrent = sent === known.nonce;
  const isNews = !known.before.includes(nonce) && (isChallenge || turn >= known.taughtBy);
  if (!isAboutCurrent && !isNews) return known;
  const before = known.nonce === undefined ? [] : [known.nonce, ...known.before].slice(0, MOST_BEFORE);
  return { nonce, taughtBy: Math.max(known.taughtBy, turn), before };
}

function readNonce({ headers }: Answered): string | undefined {
  const nonce = headers.get('dpop-nonce');
  return nonce !== null && SYNTAX.test(nonce) ? nonce : undefined;
}
