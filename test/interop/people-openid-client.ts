import * as oidc from 'openid-client';
import { CALLBACK, SCOPE } from './issuer-for-people.ts';
import type { MakePeopleClient, Tokens } from './people-client.ts';

/** A client of people built from `openid-client`, which answers nonce challenges by itself. */
export const openidClientPeople: MakePeopleClient = async ({ issuer, pair, keys }) => {
  const usesCertificate = pair.authenticatesBy === 'tls_client_auth' || pair.bindsBy === 'mtls';
  const signing = { key: issuer.key, kid: 'desk' };
  const authentication =
    pair.authenticatesBy === 'private_key_jwt' ? oidc.PrivateKeyJwt(signing) : oidc.TlsClientAuth();
  const http = { [oidc.customFetch]: usesCertificate ? issuer.fetch.certified : issuer.fetch.plain };

  async function configured(metadata: Partial<oidc.ClientMetadata> = {}): Promise<oidc.Configuration> {
    const own = {
      use_mtls_endpoint_aliases: usesCertificate,
      id_token_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
    };
    return await oidc.discovery(new URL(issuer.origin), pair.clientId, { ...own, ...metadata }, authentication, http);
  }

  const plain = await configured();
  const signed = await configured();
  oidc.useJwtResponseMode(signed);
  const options = keys === undefined ? {} : { DPoP: oidc.getDPoPHandle(plain, keys) };

  function read(response: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers): Tokens {
    return {
      accessToken: response.access_token,
      tokenType: response.token_type,
      refreshToken: response.refresh_token,
      subject: response.claims()?.sub,
    };
  }

  return {
    async begin(isSigned) {
      const config = isSigned ? signed : plain;
      const verifier = oidc.randomPKCECodeVerifier();
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
      const parameters = {
        redirect_uri: CALLBACK,
        scope: SCOPE,
        ...{ state, nonce },
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      };
      const pushed = isSigned
        ? (await oidc.buildAuthorizationUrlWithJAR(config, parameters, signing)).searchParams
        : parameters;
      return {
        url: await oidc.buildAuthorizationUrlWithPAR(config, pushed, options),
        async finish(redirected) {
          const checks = {
            pkceCodeVerifier: verifier,
            expectedState: state,
            expectedNonce: nonce,
            idTokenExpected: true,
          };
          return read(await oidc.authorizationCodeGrant(config, redirected, checks, undefined, options));
        },
      };
    },
    refresh: async (refreshToken) => read(await oidc.refreshTokenGrant(plain, refreshToken, undefined, options)),
    userinfo: (accessToken, subject) => oidc.fetchUserInfo(plain, accessToken, subject, options),
    revoke: (token) => oidc.tokenRevocation(plain, token),
    async introspect(accessToken) {
      const venue = await oidc.discovery(new URL(issuer.origin), 'venue', {}, oidc.PrivateKeyJwt(signing), http);
      return (await oidc.tokenIntrospection(venue, accessToken)) as unknown as Record<string, unknown>;
    },
  };
};
