import { createClient } from './client.ts';
import { createIssuer } from './issuer.ts';
import { METHOD, URL_CALLED } from './request.ts';

/** What a client has its proof signed for: the request that the verifier is measured with. */
export interface BoundRequest {
  readonly method: string;
  readonly url: string;
  readonly accessToken: string;
  readonly nonce: string;
}

/** With a token and a nonce that are as long as ours. */
export async function boundRequest(): Promise<BoundRequest> {
  const { token } = await createClient(await createIssuer(), 'ES256');
  return { method: METHOD, url: URL_CALLED, accessToken: token, nonce: 'A'.repeat(22) };
}
