import { HoldfastError, type HttpMessage, type JsonObject } from '@holdfast/proof';
import type { Requirement } from '../access.ts';
import type { Verifier } from '../verifier.ts';

/** What an adapter answers by itself, the same on every kind of server. The body is sent as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** RFC 6750 §3, RFC 9449 §7.1. The challenge names missing scopes; the body the rights that RFC 9396 §2 has objects for. */
export function refusalReply(refusal: HoldfastError, requirement: Requirement): Reply {
  // What only a client says to itself has no status to answer with
  if (refusal.status < 400) return refusalReply(new HoldfastError('internal', { cause: refusal }), requirement);
  const { status, headers, error, message, code } = refusal;
  const isDetail = code === 'authorization_details_insufficient';
  const needed = isDetail ? { authorization_details: requirement.authorizationDetails } : {};
  return {
    status,
    headers: { 'Cache-Control': 'no-store', ...headers },
    body: { error, error_description: message, code, ...needed },
  };
}

/** RFC 9728 §3.1–3.2: the metadata of the resource, when this is what a request asks for; it needs no token. */
export function metadataReply(
  { metadata }: Pick<Verifier, 'metadata'>,
  { method, target }: Pick<HttpMessage, 'method' | 'target'>,
): Reply | undefined {
  if (metadata === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined;
  // RFC 9112 §3.2.2: the absolute form names the same document
  const isAsked = [metadata.path, metadata.url].some((address) => withoutQuery(address) === withoutQuery(target));
  return isAsked ? { status: 200, headers: {}, body: metadata.document } : undefined;
}

/** One verifier describes one resource, so that a query leads to no other document. */
export function withoutQuery(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
