import { type LookupAddress, lookup as lookUp } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { isPublicAddress } from './public-address.ts';

export interface GuardOptions {
  /** Which IP addresses may be connected to. Default: those of the public internet. */
  readonly isAllowed?: (address: string) => boolean;
  readonly lookup?: LookupFunction;
}

/**
 * A fetch for URLs that strangers choose: GET by https, to addresses that are allowed, with Node's default authorities, and
 * on a connection of its own. What was looked up is what is connected to, so a name that leads elsewhere a moment later does
 * not matter; and of a name that leads to several addresses each has to be allowed. Follows no redirect, decodes nothing,
 * and gives no body unless the status is 200. Rejects as `fetch` does, and says nothing of what it met.
 */
export function createGuardedFetch({ isAllowed = isPublicAddress, lookup = lookUp }: GuardOptions = {}): typeof fetch {
  const lookUpAllowed = allowing(isAllowed, lookup);

  return async function guardedFetch(input, { headers, signal } = {}) {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') throw refused();
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    // An address is not looked up
    if (isIP(literal) !== 0 && !isAllowed(literal)) throw refused();
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { lookup: lookUpAllowed, agent: false, headers: fields(headers), ...(signal ? { signal } : {}) };
      request(url, options, resolve).on('error', reject).end();
    });
    return asResponse(incoming);
  };
}

function allowing(isAllowed: (address: string) => boolean, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = found as LookupAddress[];
      if (error !== null) return callback(error, []);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) return callback(refused(), []);
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
}

function fields(headers: RequestInit['headers']): Record<string, string> {
  return Object.fromEntries(new Headers(headers));
}

function asResponse(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, headers } = incoming;
  const type = headers['content-type'];
  const init = { status, headers: type === undefined ? {} : { 'content-type': type } };
  if (status === 200) return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, init);
  incoming.destroy();
  return new Response(null, init); // which throws for what is no status of a final response
}

function refused(): TypeError {
  return new TypeError('not a URL that may be fetched');
}
