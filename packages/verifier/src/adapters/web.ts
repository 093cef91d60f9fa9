import { asRefusal, type HttpMessage } from '@holdfast/proof';
import type { Access, Requirement } from '../access.ts';
import { readRequirement } from '../requirement.ts';
import { neededSignatures } from '../signature/message-signatures.ts';
import { MOST_CONTENT } from './content.ts';
import { type Guard, JSON_TYPE, metadataReply, type Reply, refusalReply, signedReply } from './reply.ts';
import { signedRequest, signedResponse } from './web-signatures.ts';

/** What `protect` needs. `Context` is what the runtime passes beside the request: its environment, or Hono's context. */
export interface WebRequirement<Context extends readonly unknown[]> extends Requirement {
  /**
   * The client's leaf certificate (DER), from where the runtime has the TLS connection. A web `Request` has none, and no
   * header is believed. Left out: certificate-bound tokens are refused.
   */
  readonly certificate?: (request: Request, ...context: Context) => Uint8Array | undefined;
  /** Octets of a body that are read where a signature is needed; a larger one gets 413. Default 1 MiB. */
  readonly contentLimit?: number;
}

/**
 * A web-standard handler (Hono, Deno, Bun, Workers) behind the verifier: refuses by itself, else calls `handler` with the
 * access and whatever else the runtime passed, and adds `access.headers` to its response. Rejects only with what `handler`
 * throws. With metadata (RFC 9728), answers requests for it. Throws TypeError for a requirement that would ask for less
 * than it seems to. What is NOT seen of a request: `messageFromRequest` says it.
 *
 * Where the requirement has `signature`, the body is read here and compared with what was signed; the handler gets a request
 * that has it. What was read before is refused (500). Responses are then read to their end and signed, where the verifier has
 * `responseSigning`: what encodes them afterwards makes the signature false.
 */
export function protect<Context extends readonly unknown[] = []>(
  verifier: Guard,
  handler: (request: Request, access: Access, ...context: Context) => Response | Promise<Response>,
  { certificate, contentLimit = MOST_CONTENT, ...requirement }: WebRequirement<Context> = {},
): (request: Request, ...context: Context) => Promise<Response> {
  readRequirement(requirement);

  async function admit(request: Request, context: Context): Promise<Admitted | Reply> {
    let message: HttpMessage | undefined;
    try {
      message = messageFromRequest(request, { certificate: certificate?.(request, ...context) });
      const metadata = metadataReply(verifier, message);
      if (metadata !== undefined) return metadata;
      const isSigned = neededSignatures(message, requirement.signature) !== undefined;
      if (isSigned && request.bodyUsed) throw new TypeError('the body was read before its signature was checked');
      const access = await verifier.verify(message, requirement);
      if (!isSigned) return { message, access, request };
      return { message, access, request: await signedRequest(verifier, access, request, contentLimit) };
    } catch (thrown) {
      const reply = refusalReply(asRefusal(thrown), requirement);
      return await signedReply(verifier, reply, { message, requirement });
    }
  }

  return async (request, ...context) => {
    const admitted = await admit(request, context);
    if ('status' in admitted) return responseOf(admitted);
    const { access, message } = admitted;
    const response = withHeaders(await handler(admitted.request, access, ...context), access.headers);
    const isSigned = neededSignatures(message, requirement.signature) !== undefined;
    return isSigned ? await signedResponse(verifier, message, response) : response;
  };
}

interface Admitted {
  readonly message: HttpMessage;
  readonly access: Access;
  /** With the body that was compared, when a signature was needed. */
  readonly request: Request;
}

export interface WebMessageOptions {
  /** The client's leaf certificate (DER), from the runtime. */
  readonly certificate?: Uint8Array | undefined;
}

/**
 * A web `Request` as the core's message.
 *
 * The target is that of `request.url`, which the URL parser has rewritten: it resolves dot segments, writes `\` as `/` and
 * drops tabs and line breaks. The proof has to be for the result, which is also what handlers route by. The host in it is
 * the sender's word and is not looked at. A framework that cuts off what it mounts below, as `mount` of Hono does, has to be
 * behind `protect`, not before it: in what it hands on, a proof for `/orders` is good for `/mounted/orders`.
 *
 * `Headers` joins fields of one name with a comma. Two DPoP fields, or two Authorization fields, are refused all the same,
 * because neither value has a comma; the latter as malformed, not as duplicated.
 *
 * NOT seen: fields that the runtime dropped before it made the `Request`, and the letter case of the method where it is one
 * of those that `Request` writes in capitals.
 */
export function messageFromRequest(request: Request, { certificate }: WebMessageOptions = {}): HttpMessage {
  const { pathname, search } = new URL(request.url);
  return { method: request.method, target: pathname + search, headers: [...request.headers].flat(), certificate };
}

function responseOf({ status, headers, body }: Reply): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...headers, 'Content-Type': JSON_TYPE } });
}

/** On a copy: the headers of `fetch` and `Response.redirect` are immutable, and a handler may send one object many times. */
function withHeaders(response: Response, headers: Access['headers']): Response {
  const added = Object.entries(headers);
  // A network error, or a protocol switch of the runtime: neither can be copied, nor carries fields of ours
  if (added.length === 0 || response.status < 200) return response;
  const copy = new Response(response.body, response);
  for (const [name, value] of added) copy.headers.set(name, value);
  return copy;
}
