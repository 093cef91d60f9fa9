import * as oauth from 'oauth4webapi';
import { CALLBACK, SCOPE } from './issuer-for-people.ts';
import type { MakePeopleClient, Tokens } from './people-client.ts';

/** A client of people built from `oauth4webapi`, as its examples do it. */
export const oauth4webapiPeople: MakePeopleClient = async ({ issuer, pair, keys }) => {
  const usesCertificate = pair.authenticatesBy === 'tls_client_auth' || pair.bindsBy === 'mtls';
  const http = { [oauth.customFetch]: usesCertificate ? issuer.fetch.certified : issuer.fetch.plain };
  const url = new URL(issuer.origin);
  const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, http));
  const client: oauth.Client = {
    client_id: pair.clientId,
    use_mtls_endpoint_aliases: usesCertificate,
    id_token_signed_response_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
  };
  const signing = { key: issuer.key, kid: 'desk' };
  const authentication =
    pair.authenticatesBy === 'private_key_jwt' ? oauth.PrivateKeyJwt(signing) : oauth.TlsClientAuth();
  const options = keys === undefined ? http : { ...http, DPoP: oauth.DPoP(client, keys) };

  function read(response: oauth.TokenEndpointResponse): Tokens {
    return {
      accessToken: response.access_token,
      tokenType: response.token_type,
      refreshToken: response.refresh_token,
      subject: oauth.getValidatedIdTokenClaims(response)?.sub,
    };
  }

  return {
    async begin(isSigned) {
      const verifier = oauth.generateRandomCodeVerifier();
      const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
      const parameters = new URLSearchParams({
        client_id: pair.clientId,
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: SCOPE,
        ...{ state, nonce },
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(isSigned ? { response_mode: 'jwt' } : {}),
      });
      const pushed = isSigned
        ? new URLSearchParams({ request: await oauth.issueRequestObject(as, client, parameters, signing) })
        : parameters;
      const { request_uri: requestUri } = await twice(async () => {
        const response = await oauth.pushedAuthorizationRequest(as, client, authentication, pushed, options);
        return await oauth.processPushedAuthorizationResponse(as, client, response);
      });
      const authorization = new URL(as.authorization_endpoint ?? '');
      authorization.searchParams.set('client_id', pair.clientId);
      authorization.searchParams.set('request_uri', requestUri);
      return {
        url: authorization,
        async finish(redirected) {
          const answer = isSigned
            ? await oauth.validateJwtAuthResponse(as, client, redirected, state, http)
            : oauth.validateAuthResponse(as, client, redirected, state);
          const response = await twice(async () => {
            const sent = await oauth.authorizationCodeGrantRequest(
              as,
              client,
              authentication,
              answer,
              CALLBACK,
              verifier,
              options,
            );
            return await oauth.processAuthorizationCodeResponse(as, client, sent, {
              expectedNonce: nonce,
              requireIdToken: true,
            });
          });
          return read(response);
        },
      };
    },
    async refresh(refreshToken) {
      return await twice(async () => {
        const sent = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, options);
        return read(await oauth.processRefreshTokenResponse(as, client, sent));
      });
    },
    async userinfo(accessToken, subject) {
      return await twice(async () => {
        const sent = await oauth.userInfoRequest(as, client, accessToken, options);
        return await oauth.processUserInfoResponse(as, client, subject, sent);
      });
    },
    async revoke(token) {
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, token, http));
    },
    async introspect(accessToken) {
      const venue: oauth.Client = { client_id: 'venue', introspection_signed_response_alg: 'ES256' };
      const asked = await oauth.introspectionRequest(as, venue, oauth.PrivateKeyJwt(signing), accessToken, {
        ...http,
        requestJwtResponse: true,
      });
      const said = await oauth.processIntrospectionResponse(as, venue, asked);
      await oauth.validateApplicationLevelSignature(as, asked, http);
      return said as unknown as Record<string, unknown>;
    },
  };
};

async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (thrown) {
    if (!oauth.isDPoPNonceError(thrown)) throw thrown;
    return await attempt();
  }
}
