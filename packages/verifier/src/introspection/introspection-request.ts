import {
  type Clock,
  createRenewable,
  type Document,
  type Fetching,
  fetchDocument,
  HoldfastError,
  withinTime,
} from '@holdfast/proof';
import { checkDiscoverable, endpointOf, fetchMetadata } from '../issuer/issuer-metadata.ts';
import type { Authenticate } from './client-authentication.ts';

export interface IntrospectionRequest extends Fetching {
  readonly issuer: string;
  readonly endpoint?: string | undefined;
  readonly authenticate: Authenticate;
  readonly clientId: string;
  readonly signed?: boolean | undefined;
  readonly clock: Clock;
}

const LARGEST = 64 * 1024; // octets of an answer

/** RFC 9701 §4, and what else may come where the answer need not be signed. */
const ACCEPT = {
  true: 'application/token-introspection+jwt',
  false: 'application/json',
  undefined: 'application/token-introspection+jwt, application/json;q=0.9',
} as const;

/**
 * Shows one token to the issuer (RFC 7662 §2.1), once. RFC 9449 §6.2: without the proof that came with it; who sent it
 * is for us to check.
 */
export function createIntrospectionRequest(request: IntrospectionRequest): (token: string) => Promise<Document> {
  const { issuer, clientId, authenticate, signed, clock, fetch, timeout } = request;
  const locate = locateEndpoint(request);
  return async (token) => {
    const endpoint = await locate();
    const asking = Promise.resolve(authenticate({ issuer, endpoint, clientId, clock }));
    const { form, headers } = await withinTime(asking, timeout);
    return await fetchDocument({ fetch, timeout }, endpoint, {
      method: 'POST',
      headers: fieldsWith(headers, {
        accept: ACCEPT[`${signed}`],
        'content-type': 'application/x-www-form-urlencoded',
      }),
      body: new URLSearchParams({ ...form, token, token_type_hint: 'access_token' }).toString(),
      largest: LARGEST,
    });
  };
}

/** The endpoint that was given, or the one of the issuer's metadata (RFC 8414 §2). */
function locateEndpoint({
  issuer,
  endpoint,
  clock,
  fetch,
  timeout,
}: IntrospectionRequest): () => string | Promise<string> {
  if (endpoint !== undefined) {
    if (!/^https:\/\/[^#]+$/.test(endpoint) || !URL.canParse(endpoint)) {
      throw new TypeError('introspection.endpoint: an https URL without fragment');
    }
    return () => endpoint;
  }
  checkDiscoverable(issuer, 'introspection.endpoint');
  const fetching = { fetch, timeout };
  const discovered = createRenewable(clock, async () =>
    endpointOf(await fetchMetadata(fetching, issuer), 'introspection_endpoint'),
  );
  return discovered.current;
}

function fieldsWith(
  credentials: Readonly<Record<string, string>> | undefined,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  try {
    return { ...Object.fromEntries(new Headers(credentials)), ...own };
  } catch {
    // What is thrown quotes the value of the field
    throw new HoldfastError('issuer_unavailable', { detail: 'authenticate' });
  }
}
