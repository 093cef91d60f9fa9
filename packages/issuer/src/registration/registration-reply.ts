import { asRefusal, HoldfastError } from '@holdfast/proof';
import type { IssuerRequest } from '../form.ts';
import { failure, type Reply } from '../reply.ts';

/** What an endpoint does by each method that it has. */
export type Methods = Readonly<Record<string, (request: IssuerRequest) => Promise<Reply>>>;

/** The answer of one method, or its refusal: RFC 7591 §3.2.2, RFC 6750 §3, RFC 9110 §15.5.6. Never throws. */
export async function answering(request: IssuerRequest, methods: Methods): Promise<Reply> {
  const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (method === undefined) return methodRefused(Object.keys(methods));
  try {
    return await method(request);
  } catch (thrown) {
    const refusal = asRefusal(thrown);
    const reply = failure(refusal, undefined);
    return { ...reply, headers: { ...reply.headers, ...refusal.headers } };
  }
}

/** RFC 7592 §2.3: it is gone, and there is nothing to say about it. */
export function gone(): Reply {
  return { status: 204, headers: { 'Cache-Control': 'no-store' }, body: '' };
}

function methodRefused(allowed: readonly string[]): Reply {
  const reply = failure(new HoldfastError('request_malformed', { detail: 'the method is not served' }), undefined);
  return { ...reply, status: 405, headers: { ...reply.headers, Allow: allowed.join(', ') } };
}
