import * as oauth from 'oauth4webapi';
import { type MakePeer, readReply } from './peer-client.ts';

/** A client built from `oauth4webapi`, as its examples do it. */
export const oauth4webapiClient: MakePeer = async ({ issuer, clientId, scope, assertionKey, proofKeys, fetch }) => {
  const url = new URL(issuer);
  const http = { [oauth.customFetch]: fetch };
  const as = await oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...http }),
  );
  const client: oauth.Client = { client_id: clientId, use_mtls_endpoint_aliases: assertionKey === undefined };
  const authentication = assertionKey === undefined ? oauth.TlsClientAuth() : oauth.PrivateKeyJwt(assertionKey);
  const options = proofKeys === undefined ? http : { ...http, DPoP: oauth.DPoP(client, proofKeys) };
  const parameters = scope === undefined ? {} : { scope };

  return {
    async token() {
      const response = await twice(async () => {
        const sent = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, options);
        return oauth.processClientCredentialsResponse(as, client, sent);
      });
      return response.access_token;
    },
    async call(accessToken, method, resource, body) {
      const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
      const text = body === undefined ? null : JSON.stringify(body);
      try {
        return await readReply(
          await twice(() =>
            oauth.protectedResourceRequest(accessToken, method, new URL(resource), headers, text, options),
          ),
        );
      } catch (thrown) {
        if (thrown instanceof oauth.WWWAuthenticateChallengeError) return readReply(thrown.response);
        throw thrown;
      }
    },
  };
};

async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (thrown) {
    if (!oauth.isDPoPNonceError(thrown)) throw thrown;
    return attempt();
  }
}
