import type { Readable } from 'node:stream';
import { fieldValues, HoldfastError, type HttpMessage } from '@holdfast/proof';

/** Octets of a body that an adapter reads before the handler, unless told otherwise. */
export const MOST_CONTENT = 1024 * 1024;

/**
 * The body of a request as it was sent, read to its end. Rejects with `content_too_large` as soon as it is known to be, with
 * the stream's error, and when the connection ends before the body does: then nobody has sent it as it is.
 */
export function readContent(stream: Readable & { readonly aborted?: boolean }, limit: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;

  function take(chunk: Buffer | string): void {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += octets.length;
    chunks.push(octets);
    if (length <= limit) return;
    chunks.length = 0; // what follows is read and dropped
    reject(new HoldfastError('content_too_large'));
  }

  function end(): void {
    // RFC 9113 §8.1: HTTP/2 of Node also says so of a stream that was reset
    if (stream.aborted) reject(unfinished());
    else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  }

  stream.on('data', take);
  stream.once('end', end);
  stream.on('error', reject);
  stream.once('close', () => reject(unfinished()));
  // It said so while the verifier was busy, and says it only once
  if (stream.destroyed) reject(unfinished());
  return promise;
}

function unfinished(): HoldfastError {
  return new HoldfastError('request_malformed', { detail: 'the body did not end' });
}

/** Whether the head says that the body is larger. Throws `content_too_large` then, before anything is read. */
export function checkContentLength({ headers }: Pick<HttpMessage, 'headers'>, limit: number): void {
  if (fieldValues({ headers }, 'content-length').some((value) => Number(value) > limit)) {
    throw new HoldfastError('content_too_large');
  }
}
