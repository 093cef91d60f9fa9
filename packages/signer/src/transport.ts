import { TLS_SUITES } from '@holdfast/proof';
import { Agent, type Dispatcher, fetch as undiciFetch } from 'undici';

/** The client's side of TLS: whom it trusts and, for mutual TLS, who it is. PEM. */
export interface TlsIdentity {
  /** Trusted authorities; default: Node's. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** Connections to the servers a client talks to: with its certificate where that is wanted, without it elsewhere. */
export interface Transport {
  readonly fetch: typeof globalThis.fetch;
  readonly fetchWithCertificate: typeof globalThis.fetch;
  readonly dispatcher: Dispatcher;
  readonly dispatcherWithCertificate: Dispatcher;
  /** Resolves when the requests under way have ended. */
  close(): Promise<void>;
}

/** Throws TypeError for an empty `ca`. NOT checked: what the PEM holds; connections fail by it. */
export function createTransport({ ca, cert, key }: TlsIdentity): Transport {
  // Node takes an empty text for none, and trusts every public authority
  if (ca?.length === 0) throw new TypeError('tls.ca: empty');
  // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in some environment does not decide it (RFC 8414 §6)
  const trust = { rejectUnauthorized: true, ...POLICY, ...(ca === undefined ? {} : { ca }) };
  const plain = new Agent({ connect: trust });
  // Agents connect when they are used: without a certificate this one never does.
  const mutual = new Agent({ connect: cert === undefined || key === undefined ? trust : { ...trust, cert, key } });
  let closed: Promise<unknown> | undefined;
  return {
    fetch: through(plain),
    fetchWithCertificate: through(mutual),
    dispatcher: plain,
    dispatcherWithCertificate: mutual,
    async close() {
      closed ??= Promise.all([plain.close(), mutual.close()]);
      await closed;
    },
  };
}

const POLICY = { minVersion: 'TLSv1.2', ciphers: TLS_SUITES.join(':') } as const;

// undici's own fetch, so that it and its Agent are of one version whatever Node bundles
function through(agent: Agent): typeof globalThis.fetch {
  const send = (input: Parameters<typeof undiciFetch>[0], init: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(input, { ...init, dispatcher: once(agent) });
  return send as unknown as typeof globalThis.fetch;
}

/**
 * RFC 9449 §4: a proof is sent once. Fetch would send a request that was answered by 421 again, headers and all; it
 * fails instead, and whoever sends again makes a new proof. No more of a dispatcher than fetch calls: `compose` would cost
 * each request as much as a signature.
 */
function once(agent: Agent): Dispatcher {
  let sent = false;
  const dispatcher: Pick<Dispatcher, 'dispatch'> = {
    dispatch(options, handler) {
      if (sent) throw new Error('a request is sent once');
      sent = true;
      return agent.dispatch(options, handler);
    },
  };
  return dispatcher as Dispatcher;
}
