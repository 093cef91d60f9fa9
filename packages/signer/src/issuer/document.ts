import { type Code, HoldfastError } from '@holdfast/proof';

type Fetch = typeof globalThis.fetch;

const LARGEST = 256 * 1024; // octets of a document, unpacked

/**
 * A fetch for the documents of an issuer, which may be slow, endless or packed to burst: within `timeout` (ms), up to
 * a size, and read to the end. Throws `refusal` for a larger one, and what `fetch` throws.
 */
export function documentFetch(fetch: Fetch, timeout: number, refusal: Code): Fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
    const { status, headers } = response;
    const body = await readAll(response, refusal);
    return new Response(body.length === 0 ? null : body, { status, headers });
  };
}

/** The JSON object in a response. Throws `refusal`, which quotes nothing of it. */
export async function readJson(response: Response, refusal: Code): Promise<Record<string, unknown>> {
  const value: unknown = await response.json().catch(() => undefined);
  if (typeof value !== 'object' || value === null) throw new HoldfastError(refusal, { detail: 'not JSON' });
  return value as Record<string, unknown>;
}

async function readAll({ body }: Response, refusal: Code): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream
    if (size > LARGEST) throw new HoldfastError(refusal, { detail: 'too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
