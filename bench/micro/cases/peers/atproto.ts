import { randomBytes } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import { ORIGIN } from '../../../scene/request.ts';
import type { DpopPeer } from './peer.ts';
import { asNodeHeaders, createOwnIssuer, itsOwnRequests } from './requests.ts';

interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
}

/**
 * `OAuthVerifier` with the settings that it has by itself: its nonces required, its replay memory in this process. Its
 * tokens name a DID and have a jti of its own form, so that it has an issuer of its own. URL and fields are ready.
 */
export async function openAtproto(): Promise<DpopPeer<Received>> {
  const { JoseKey } = await import('@atproto/jwk-jose');
  const { OAuthVerifier } = await import('@atproto/oauth-provider/verifier');
  const issuer = await createOwnIssuer(ISSUER, (sequence) => ({
    sub: `did:plc:trader${sequence}`,
    jti: `tok-${randomBytes(16).toString('hex')}`,
  }));
  const keyset = await Promise.all(issuer.jwks.keys.map((jwk) => JoseKey.fromJWK({ ...jwk })));
  const verifier = new OAuthVerifier({ issuer: ISSUER, keyset });
  const nonce = () => verifier.nextDpopNonce() ?? '';
  return {
    ...(await itsOwnRequests(issuer, nonce)),
    receive: (message: HttpMessage) => ({
      method: message.method,
      url: new URL(ORIGIN + message.target),
      headers: asNodeHeaders(message),
    }),
    check: ({ method, url, headers }) => verifier.authenticateRequest(method, url, headers, { audience: [AUDIENCE] }),
  };
}
