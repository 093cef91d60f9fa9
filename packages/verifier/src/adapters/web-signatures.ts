import { HoldfastError, type HttpMessage } from '@holdfast/proof';
import type { Access } from '../access.ts';
import type { Verifier } from '../verifier.ts';
import { checkContentLength } from './content.ts';
import { refusalReply } from './reply.ts';

/** RFC 9421 §7.2.8: the request with its body, once that is the one that was signed. */
export async function signedRequest(
  verifier: Pick<Verifier, 'checkContent'>,
  access: Access,
  request: Request,
  limit: number,
): Promise<Request> {
  checkContentLength({ headers: [...request.headers].flat() }, limit);
  const content = await readBody(request, limit);
  verifier.checkContent(access, content);
  return request.body === null ? request : new Request(request, { body: content });
}

/**
 * FAPI 2.0 HTTP Signatures §5.3.2.1: the response with the fields that sign it, where the request is signed. One that cannot
 * be signed, or does not end, becomes 500.
 */
export async function signedResponse(
  verifier: Pick<Verifier, 'signResponse' | 'responseKeys'>,
  message: HttpMessage,
  response: Response,
): Promise<Response> {
  // A network error, or a protocol switch of the runtime: neither can be copied
  if (verifier.responseKeys === undefined || response.status < 200) return response;
  try {
    const octets = response.body === null ? undefined : new Uint8Array(await response.arrayBuffer());
    const content = message.method === 'HEAD' ? undefined : octets;
    const fields = await verifier.signResponse(message, { status: response.status, content });
    const signed = new Response(octets, response);
    for (const [name, value] of Object.entries(fields)) signed.headers.set(name, value);
    return signed;
  } catch (cause) {
    const { status, headers, body } = refusalReply(new HoldfastError('internal', { cause }), {});
    return Response.json(body, { status, headers });
  }
}

async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the rest
    if (length > limit) throw new HoldfastError('content_too_large');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
