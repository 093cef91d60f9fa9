import type { PlannedRequest } from '../load/planned.ts';
import type { Issuer } from '../scene/issuer.ts';

/** What attackers have got hold of: all that is sent or told to somebody, and no key but their own. */
export interface Loot {
  /** Of the venue. */
  readonly origin: string;
  /** Gives tokens to insiders, as to everybody who is registered. */
  readonly issuer: Issuer;
  /** Those of honest clients. They are good. */
  readonly tokens: readonly string[];
  /** What the venue tells everybody now. */
  nonce(): Promise<string>;
  /** So many good requests of honest clients, which have not arrived yet. */
  caught(count: number): Promise<readonly PlannedRequest[]>;
  /** Lets them arrive. Rejects when one is refused. */
  passOn(requests: readonly PlannedRequest[]): Promise<void>;
}

export const METHOD = 'GET';
export const PATH = '/orders';

/** A request that reads orders. */
export function reading(token: string, proof: string): PlannedRequest {
  return { method: METHOD, path: PATH, headers: { authorization: `DPoP ${token}`, dpop: proof } };
}
