import {
  checkResponseSignature,
  HoldfastError,
  matchResponseContent,
  type SignedRequest,
  verifyResponseSignature,
} from '@holdfast/proof';
import type { ResourceKeys } from './resource-keys.ts';

const LARGEST = 64 * 1024 * 1024; // octets of a signed response, which is held whole until it is checked

/** What a response has to be the answer to. */
export interface Asked {
  readonly origin: string;
  readonly request: SignedRequest;
  /** NumericDate, by the clock of the server. */
  readonly now: number;
}

/**
 * The response, if the server signed it as the answer to this very request: FAPI 2.0 HTTP Signatures §5.3.2.2. Its body is
 * read to the end. Throws `response_unsigned`, `response_signature`, `resource_metadata`.
 */
export async function checkedResponse(
  response: Response,
  { origin, request, now }: Asked,
  keys: ResourceKeys,
): Promise<Response> {
  const { status, statusText, headers, url } = response;
  try {
    const checked = checkResponseSignature({ status, headers: [...headers].flat() }, request, { now });
    const verified = verifyResponseSignature(checked, await keys.find(origin, checked.keyid));
    const content = await readAll(response);
    matchResponseContent(verified, content);
    const body = content.length === 0 ? null : content;
    return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url });
  } catch (thrown) {
    await response.body?.cancel().catch(() => {});
    // Who answered, when nobody signed: a gateway often has a status of its own
    const isUnsigned = thrown instanceof HoldfastError && thrown.code === 'response_unsigned';
    throw isUnsigned ? new HoldfastError('response_unsigned', { detail: `status ${status}` }) : thrown;
  }
}

async function readAll({ body }: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > LARGEST) throw new HoldfastError('response_signature', { detail: 'too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
