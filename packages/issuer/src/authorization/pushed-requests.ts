import { randomBytes } from 'node:crypto';
import { type Clock, HoldfastError, seconds } from '@holdfast/proof';
import type { IssuerConfig } from '../config.ts';
import type { Records } from '../records.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** Authorization requests between being pushed and being decided (RFC 9126 §2.2, §4). */
export interface PushedRequests {
  /** Remembers a request. Returns the reference for the browser, which says nothing about it. */
  push(request: AuthorizationRequest): Promise<{ requestUri: string; expiresIn: number }>;
  /** Throws unless the request is live, of this client and not decided. It may be looked at again until it is. */
  find(requestUri: string, clientId: string): Promise<AuthorizationRequest>;
  /** How the request was decided, if it was. */
  decision(requestUri: string): Promise<Decision | undefined>;
  /** Decides once and for all. Returns the decision that counts: of concurrent deciders exactly one gets its own. */
  decide(requestUri: string, decision: Decision): Promise<Decision>;
}

export interface Decision {
  readonly approved: boolean;
  /** Name of the interaction that decided; undefined when no person did. */
  readonly interaction: string | undefined;
  /** NumericDate. */
  readonly at: number;
}

const PREFIX = 'urn:ietf:params:oauth:request_uri:';
const REQUEST_URI = /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/;

export function createPushedRequests(records: Records, config: IssuerConfig, clock: Clock): PushedRequests {
  const { pushed_request_lifetime: lifetime, interaction_lifetime: longest } = config;
  const decision = (requestUri: string) => records.get<Decision>('decided', requestUri);

  return {
    async push(request) {
      const requestUri = PREFIX + randomBytes(32).toString('base64url');
      const added = await records.add('pushed', requestUri, request, seconds(clock) + lifetime - 1);
      if (!added) throw new HoldfastError('internal');
      return { requestUri, expiresIn: lifetime };
    },
    async find(requestUri, clientId) {
      if (!REQUEST_URI.test(requestUri)) throw new HoldfastError('request_uri_unknown');
      const request = await records.get<AuthorizationRequest>('pushed', requestUri);
      if (request === undefined) throw new HoldfastError('request_uri_unknown');
      if (request.clientId !== clientId) throw new HoldfastError('request_uri_client');
      if ((await decision(requestUri)) !== undefined) throw new HoldfastError('request_uri_used');
      return request;
    },
    decision,
    async decide(requestUri, made) {
      // Whoever opened the page at the last second has as long to decide as everybody
      if (await records.add('decided', requestUri, made, made.at + lifetime + longest)) return made;
      const first = await decision(requestUri);
      if (first === undefined) throw new HoldfastError('request_uri_used');
      return first;
    },
  };
}
