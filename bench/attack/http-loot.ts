import { Agent, type Dispatcher } from 'undici';
import type { PlannedRequest } from '../load/planned.ts';
import { plan } from '../load/requests.ts';
import type { Sender } from '../load/senders.ts';
import type { Issuer } from '../scene/issuer.ts';
import { type Loot, METHOD, PATH } from './loot.ts';

export interface HttpLoot extends Loot, AsyncDisposable {
  /** Sends one request, and resolves with what became of it: a reason code, or undefined when it was served. */
  send(request: PlannedRequest): Promise<string | undefined>;
}

const AT_ONCE = 16; // connections

/** At a venue that is served over HTTP, with honest clients that read orders. */
export function lootOf(origin: string, issuer: Issuer, senders: readonly Sender[]): HttpLoot {
  const agent = new Agent({ connections: AT_ONCE });
  const ask = ({ method, path, headers }: PlannedRequest) =>
    agent.request({ origin, method: method as Dispatcher.HttpMethod, path, headers: { ...headers } });

  async function send(request: PlannedRequest): Promise<string | undefined> {
    const { statusCode, body } = await ask(request);
    const text = await body.text();
    if (statusCode < 300) return undefined;
    return (JSON.parse(text) as { code?: string }).code ?? `status ${statusCode}`;
  }

  return {
    ...{ origin, issuer, send, tokens: senders.map(({ token }) => token) },
    async nonce() {
      const { headers, body } = await ask({ method: METHOD, path: PATH, headers: {} });
      await body.dump();
      return String(headers['dpop-nonce']);
    },
    caught: (count) => plan({ origin, senders, kind: 'read' }, count),
    async passOn(requests) {
      const refused = (await Promise.all(requests.map(send))).find((code) => code !== undefined);
      if (refused !== undefined) throw new Error(`a good request was refused with ${refused}`);
    },
    [Symbol.asyncDispose]: () => agent.close(),
  };
}
