import { HoldfastError } from './errors.ts';
import { isJsonObject, type JsonObject } from './jws.ts';
import { withinTime } from './within-time.ts';

/** What was asked for, as it came. */
export interface Document {
  /** Content-Type as it was sent; empty when there was none. */
  readonly type: string;
  readonly octets: Buffer;
}

export interface Fetching {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds from the question to the last octet. */
  readonly timeout: number;
}

export interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Octets that are read. Default 256 KiB. */
  readonly largest?: number;
}

const LARGEST = 256 * 1024;

/** One answer with status 200. No redirect is followed, and no more is read than `largest`, nor for longer than `timeout`. */
export async function fetchDocument({ fetch, timeout }: Fetching, url: string, asked: Asked): Promise<Document> {
  const { largest = LARGEST, ...init } = asked;
  async function read(): Promise<Document> {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeout) });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new HoldfastError('issuer_unavailable', { detail: `status ${response.status}` });
    }
    return { type: response.headers.get('content-type') ?? '', octets: await readOctets(response, largest) };
  }
  // A fetch of the caller's own may not heed the signal
  return await withinTime(read(), timeout);
}

export async function fetchJson(fetching: Fetching, url: string): Promise<JsonObject> {
  const { octets } = await fetchDocument(fetching, url, { headers: { accept: 'application/json' } });
  return parseObject(octets);
}

/** A JSON object in strict UTF-8. What a parser would say quotes the text, so it is not kept as the cause. */
export function parseObject(octets: Uint8Array): JsonObject {
  const value = parse(octets);
  if (!isJsonObject(value)) {
    throw new HoldfastError('issuer_unavailable', { detail: 'not a JSON object' });
  }
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(octets: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(octets));
  } catch {
    return undefined;
  }
}

// The length is counted here: Content-Length may be absent, and says nothing about compressed content.
async function readOctets(response: Response, largest: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > largest) throw new HoldfastError('issuer_unavailable', { detail: 'too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
