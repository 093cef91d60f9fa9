import type { HttpMessage } from '@holdfast/proof';

export const ORIGIN = 'https://venue.example';
export const METHOD = 'POST';
export const TARGET = '/orders';
export const URL_CALLED = ORIGIN + TARGET;

/** An order as a server receives it. */
export function dpopRequest(token: string, proof: string): HttpMessage {
  return { method: METHOD, target: TARGET, headers: fields(LENGTH, `DPoP ${token}`, 'DPoP', proof) };
}

/** The same with a body of so many octets. */
export function orderRequest(token: string, proof: string, octets: number): HttpMessage {
  const content = ['Content-Type', 'application/json', 'Content-Length', String(octets)];
  return { method: METHOD, target: TARGET, headers: fields(content, `DPoP ${token}`, 'DPoP', proof) };
}

export function mtlsRequest(token: string, certificate: Uint8Array): HttpMessage {
  return { ...bearerRequest(token), certificate };
}

/** RFC 6750 §2.1: a token and nothing that would show whose it is. */
export function bearerRequest(token: string): HttpMessage {
  return { method: METHOD, target: TARGET, headers: fields(LENGTH, `Bearer ${token}`) };
}

export function anonymousRequest(): HttpMessage {
  return { method: METHOD, target: TARGET, headers: ['Host', 'venue.example'] };
}

const LENGTH = ['Content-Length', '96'];

function fields(content: readonly string[], authorization: string, ...more: string[]): string[] {
  const usual = ['Host', 'venue.example', 'User-Agent', 'bench', 'Accept', 'application/json', ...content];
  return [...usual, 'Authorization', authorization, ...more].map(asReceived);
}

/**
 * A text as the HTTP parser makes it: new, flat and never hashed. A string that was used before would spare its verifier
 * the hash of every look-up in a cache.
 */
export function asReceived(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
