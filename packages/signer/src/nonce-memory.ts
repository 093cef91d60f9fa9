const SYNTAX = /^[\x21\x23-\x5B\x5D-\x7E]{1,512}$/; // RFC 9449 §8.1: 1*NQCHAR, and a cap
const MOST_ORIGINS = 100;

/** The newest nonce of each server. An issuer's nonce never goes to a resource server or back (RFC 9449 §9). */
export interface NonceMemory {
  get(origin: string): string | undefined;
  /** Learns from any response, also a successful one (RFC 9449 §8.2). */
  learn(origin: string, response: { readonly headers: Pick<Headers, 'get'> }): void;
}

export function createNonceMemory(): NonceMemory {
  const newest = new Map<string, string>();
  return {
    get: (origin) => newest.get(origin),
    learn(origin, response) {
      const nonce = response.headers.get('dpop-nonce');
      if (nonce === null || !SYNTAX.test(nonce)) return;
      newest.delete(origin); // to the end: the map is in order of use
      newest.set(origin, nonce);
      const [oldest] = newest.keys();
      if (newest.size > MOST_ORIGINS && oldest !== undefined) newest.delete(oldest);
    },
  };
}
