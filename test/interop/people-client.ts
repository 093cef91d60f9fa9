import type { IssuerForPeople, Pair } from './issuer-for-people.ts';
import type { KeyPair } from './peer-client.ts';

/** What a client gets for a code or a refresh token, as the library read and validated it. */
export interface Tokens {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly refreshToken: string | undefined;
  /** Subject of the ID token that the library validated. */
  readonly subject: string | undefined;
}

/** A client for people that somebody else wrote. */
export interface PeopleClient {
  /** Pushes a request, signed (JAR) with a signed answer (JARM) or plain. */
  begin(isSigned: boolean): Promise<{ readonly url: URL; finish(redirected: URL): Promise<Tokens> }>;
  refresh(refreshToken: string): Promise<Tokens>;
  userinfo(accessToken: string, subject: string): Promise<{ readonly sub: string }>;
  revoke(token: string): Promise<void>;
  /** By the resource server, authenticated with a key. */
  introspect(accessToken: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface PeopleClientOptions {
  readonly issuer: IssuerForPeople;
  readonly pair: Pair;
  /** For DPoP. */
  readonly keys: KeyPair | undefined;
}

export type MakePeopleClient = (options: PeopleClientOptions) => Promise<PeopleClient>;
