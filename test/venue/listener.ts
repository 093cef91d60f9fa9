import { fieldValues, HoldfastError } from '@holdfast/proof';
import { createVenue, type VenueOptions } from '@holdfast/venue';

/**
 * Stands in for the verifier: `Authorization: Test alice orders:read …` is alice with these scopes. These
 * tests are about the venue; how a token proves itself is tested elsewhere.
 */
const trusting: VenueOptions['verifier'] = {
  metadata: undefined,
  responseKeys: undefined,
  checkContent: () => undefined,
  signResponse: async () => ({}),
  async verify(message, { scope = [] } = {}) {
    const [scheme, clientId, ...granted] = fieldValues(message, 'authorization')[0]?.split(' ') ?? [];
    if (scheme !== 'Test' || clientId === undefined) throw new HoldfastError('credentials_missing');
    if (!scope.every((needed) => granted.includes(needed))) throw new HoldfastError('scope_insufficient');
    return {
      issuer: 'https://issuer.example',
      clientId,
      subject: clientId,
      scope: granted,
      authorizationDetails: [],
      confirmation: {},
      expiresAt: 0,
      claims: {},
      headers: {},
    };
  },
};

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  readonly body: any;
  readonly text: string;
}

export type Send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

export interface Listener extends AsyncDisposable {
  readonly url: string;
  /** A client that may do everything, unless scopes are given. */
  as(clientId: string, scope?: string): Send;
  /** A client without a token. */
  readonly stranger: Send;
}

/** A venue that listens on loopback, spoken to by real HTTP. */
export async function listen(options: Partial<VenueOptions> = {}): Promise<Listener> {
  const app = createVenue({ verifier: trusting, ...options });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const sender =
    (credentials: Record<string, string>): Send =>
    async (method, path, body, headers) => {
      const isText = typeof body === 'string';
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...credentials,
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: text === '' ? null : JSON.parse(text),
      };
    };
  return {
    url,
    as: (clientId, scope = 'orders:read orders:write positions:read') =>
      sender({ authorization: `Test ${clientId} ${scope}`.trim() }),
    stranger: sender({}),
    [Symbol.asyncDispose]: () => app.close(),
  };
}
