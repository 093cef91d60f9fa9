import { HoldfastError } from '@holdfast/proof';

/** A person who logged in. */
export interface Account {
  /** OIDC Core §2: at most 255 ASCII characters, never given to anybody else. */
  readonly sub: string;
  /** To be shown. */
  readonly name?: string | undefined;
}

export function isSubject(sub: unknown): sub is string {
  return typeof sub === 'string' && /^[\x21-\x7E]{1,255}$/.test(sub);
}

/** Those who can log in. */
export interface People {
  /** Whether there is still an account of this `sub`: without one nothing comes from what it had allowed. Left out: there is. */
  isKnown?(sub: string): boolean | Promise<boolean>;
}

/** Checks name and password. Undefined: they do not belong together. It does not count attempts. */
export interface Login extends People {
  check(name: string, password: string): Promise<Account | undefined>;
}

/** An organisation's own login, instead of our page: it asks the person in its own way. */
export interface ExternalLogin extends People {
  /** The https URL, of any origin, to send the browser to. */
  start(pending: PendingLogin): string;
}

/** What an organisation's login learns about a request. Its answer is `authorization.loggedIn` or `gaveUp` of the issuer. */
export interface PendingLogin {
  /** Names the request for as long as it waits; what it is answered by. It opens nothing in another browser. */
  readonly id: string;
  readonly clientId: string;
  readonly clientName?: string | undefined;
  /** OIDC Core §3.1.2.1: whom the client expects. It is the client's word. */
  readonly loginHint?: string | undefined;
}

/** Where the browser has to go. Throws `internal` when that is no https URL: the person would type a password there. */
export function externalLoginUrl(login: ExternalLogin, pending: PendingLogin): string {
  const url = login.start(pending);
  const { protocol, username, password } = URL.parse(url) ?? {};
  if (protocol === 'https:' && username === '' && password === '' && /^[\x21-\x7E]+$/.test(url)) return url;
  throw new HoldfastError('internal', { detail: 'the login gives no https URL' });
}
