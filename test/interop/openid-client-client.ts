import * as oidc from 'openid-client';
import { type MakePeer, readReply } from './peer-client.ts';

/** A client built from `openid-client`, which answers nonce challenges by itself. */
export const openidClientClient: MakePeer = async ({ issuer, clientId, scope, assertionKey, proofKeys, fetch }) => {
  const authentication = assertionKey === undefined ? oidc.TlsClientAuth() : oidc.PrivateKeyJwt(assertionKey);
  const metadata = { use_mtls_endpoint_aliases: assertionKey === undefined };
  const config = await oidc.discovery(new URL(issuer), clientId, metadata, authentication, {
    algorithm: 'oauth2',
    [oidc.customFetch]: fetch,
  });
  const options = proofKeys === undefined ? {} : { DPoP: oidc.getDPoPHandle(config, proofKeys) };

  return {
    async token() {
      const parameters = scope === undefined ? {} : { scope };
      return (await oidc.clientCredentialsGrant(config, parameters, options)).access_token;
    },
    async call(accessToken, method, resource, body) {
      const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
      const text = body === undefined ? null : JSON.stringify(body);
      try {
        return await readReply(
          await oidc.fetchProtectedResource(config, accessToken, new URL(resource), method, text, headers, options),
        );
      } catch (thrown) {
        if (thrown instanceof oidc.WWWAuthenticateChallengeError) return readReply(thrown.response);
        throw thrown;
      }
    },
  };
};
