import { Agent, request } from 'undici';
import type { Outcome } from './scenario.ts';

/** A request as a thief would put it on the wire: every header by hand. */
export interface WireRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface WireReply extends Outcome {
  readonly nonce: string | undefined;
  readonly body: Record<string, unknown>;
}

export interface Wire {
  send(request: WireRequest): Promise<WireReply>;
  close(): Promise<void>;
}

/** Connections that trust the demo's authority, with or without a client certificate (PEM). */
export function createWire(tls: { ca: string; cert?: string; key?: string }): Wire {
  const dispatcher = new Agent({ connect: tls });
  return {
    async send({ method = 'GET', url, headers = {}, body }) {
      const response = await request(url, { dispatcher, method, headers, body: body ?? null });
      const value = (await response.body.json().catch(() => ({}))) as Record<string, unknown>;
      const code = typeof value['code'] === 'string' ? { code: value['code'] } : {};
      const nonce = response.headers['dpop-nonce'];
      return {
        status: response.statusCode,
        ...code,
        nonce: typeof nonce === 'string' ? nonce : undefined,
        body: value,
      };
    },
    close: () => dispatcher.close(),
  };
}
