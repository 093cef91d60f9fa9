import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { JSON_TYPE, type Reply } from './reply.ts';

/** Of `node:http`, `node:https` or the compatibility API of `node:http2`; also as Express and Connect extend it. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Sends it, unless something has been sent. Never throws: what cannot be written is cut off, and nobody else writes. */
export function answer(response: NodeResponse, { status, headers, body }: Reply): undefined {
  if (response.headersSent) return;
  try {
    const text = JSON.stringify(body);
    const content = { 'Content-Type': JSON_TYPE, 'Content-Length': String(Buffer.byteLength(text)) };
    response.statusCode = status;
    for (const [name, value] of Object.entries({ ...headers, ...content })) response.setHeader(name, value);
    response.end(text);
  } catch {
    response.destroy();
  }
}
