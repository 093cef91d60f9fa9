import {
  checkResponseSignature,
  HoldfastError,
  matchResponseContent,
  type SignedRequest,
  verifyResponseSignature,
} from '@holdfast/proof';
import type { ResourceKeys } from './resource-keys.ts';

const LARGEST = 64 * 1024 * 1024; // octets of a signed response, which is held whole until it is checked
const MAX_AGE = 60; // seconds
const SKEW = 10; // seconds

/** What a response has to be the answer to. */
export interface Asked {
  readonly origin: string;
  readonly request: SignedRequest;
  /** NumericDate of its arrival, by our own clock. */
  readonly arrived: number;
  /** Seconds by which the clock of the server may differ. */
  readonly mostSkew: number;
}

export interface CheckedResponse {
  readonly response: Response;
  /** NumericDate of its signature, by the clock of the server. */
  readonly created: number;
}

/**
 * The response, if the server signed it as the answer to this very request: FAPI 2.0 HTTP Signatures §5.3.2.2. Its body is
 * read to the end. Throws `response_unsigned`, `response_signature`, `resource_metadata`.
 */
export async function checkedResponse(
  response: Response,
  { origin, request, arrived, mostSkew }: Asked,
  keys: ResourceKeys,
): Promise<CheckedResponse> {
  const { status, statusText, headers, url } = response;
  try {
    // It is over the signature of this request, and no other's, however old it says it is: what its time has to bear is
    // the two clocks. An order that was taken is not to be reported as lost because they differ
    const times = { now: arrived, maxAge: MAX_AGE + mostSkew, skew: SKEW + mostSkew };
    const checked = checkResponseSignature({ status, headers: [...headers].flat() }, request, times);
    const verified = verifyResponseSignature(checked, await keys.find(origin, checked.keyid));
    const content = await readAll(response);
    matchResponseContent(verified, content);
    const body = content.length === 0 ? null : content;
    const own = Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url });
    return { response: own, created: verified.created };
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
