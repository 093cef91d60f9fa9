import { HoldfastError, type HttpMessage, type JsonObject } from '@holdfast/proof';
import type { Requirement } from '../access.ts';
import type { ResourceMetadata } from '../resource-metadata.ts';
import type { PublishedKeys } from '../signature/response-signing.ts';
import type { Verifier } from '../verifier.ts';

/** What an adapter answers by itself, the same on every kind of server. The body is sent as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** What an adapter needs of a verifier. */
export type Guard = Pick<Verifier, 'verify' | 'checkContent' | 'signResponse' | 'metadata' | 'responseKeys'>;

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

/**
 * A refusal with the fields that sign it, where a signature was needed. One that cannot be signed goes out all the same: it
 * says no, and clients that want signatures do not act on it. No requirement, as code without types passes it, needs none.
 */
export async function signedReply(
  verifier: Pick<Verifier, 'signResponse'>,
  reply: Reply,
  { message, requirement }: { readonly message: HttpMessage | undefined; readonly requirement: Requirement | null },
): Promise<Reply> {
  if (message === undefined || requirement?.signature === undefined) return reply;
  const content = message.method === 'HEAD' ? {} : { content: JSON.stringify(reply.body) };
  const fields = await verifier.signResponse(message, { status: reply.status, ...content }).catch(() => ({}));
  return { ...reply, headers: { ...reply.headers, ...fields } };
}

/** A document that needs no token. */
export type Published = ResourceMetadata | PublishedKeys;

export function publishedBy({ metadata, responseKeys }: Pick<Verifier, 'metadata' | 'responseKeys'>): Published[] {
  return [metadata, responseKeys].filter((each) => each !== undefined);
}

/** RFC 9728 §3.1–3.2: the metadata of the resource, or the keys that it names, when this is what a request asks for. */
export function metadataReply(
  verifier: Pick<Verifier, 'metadata' | 'responseKeys'>,
  { method, target }: Pick<HttpMessage, 'method' | 'target'>,
): Reply | undefined {
  if (verifier.metadata === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined;
  // RFC 9112 §3.2.2: the absolute form names the same document
  const asked = publishedBy(verifier).find(({ path, url }) =>
    [path, url].some((address) => withoutQuery(address) === withoutQuery(target)),
  );
  return asked === undefined ? undefined : { status: 200, headers: {}, body: { ...asked.document } };
}

/** One verifier describes one resource, so that a query leads to no other document. */
export function withoutQuery(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
