import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type JWTPayload, SignJWT } from 'jose';
import {
  type FormRequest,
  readFormRequest,
  type Script,
  type ScriptedIssuer,
  scriptedIssuer,
} from './scripted-issuer.ts';
import type { Handler, Received } from './tls-server.ts';

type Endpoint = (request: Received, nth: number, response: ServerResponse) => ReturnType<Handler>;

/** What an issuer of people's grants answers. What is left out goes well. */
export interface GrantScript extends Omit<Script, 'instead'> {
  readonly push?: Endpoint;
  readonly revoke?: Endpoint;
  readonly jwks?: Endpoint;
}

export interface GrantIssuer extends ScriptedIssuer {
  readonly pushes: readonly FormRequest[];
  readonly revocations: readonly FormRequest[];
  /** Signs with the key of the issuer, unless the changes say otherwise. */
  sign(claims: Claims, changes?: Signing): Promise<string>;
  /** Where the browser is sent when the person allows the newest request. `undefined` leaves a parameter out. */
  answer(changes?: Readonly<Record<string, string | undefined>>): URL;
}

/** True or false ones; `undefined` leaves one out. */
export type Claims = Readonly<Record<string, unknown>>;

export interface Signing {
  readonly header?: object;
  readonly key?: Parameters<SignJWT['sign']>[0];
}

export const REDIRECT_URI = 'https://desk.example/callback';
export const CODE = 'SplxlOBeZQQYbYS6WxSbIA';
export const KID = 'issuer-1';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The key set of the issuer. */
export const jwks = { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }] };

/** An issuer as in `scriptedIssuer`, to which people come as well. */
export async function grantIssuer(script: GrantScript = {}): Promise<GrantIssuer> {
  const { path = '' } = script;
  const [pushes, revocations]: [FormRequest[], FormRequest[]] = [[], []];
  let jwksRequests = 0;

  const endpoints: Record<string, Handler> = {
    [`${path}/par`]: (request, response) => {
      pushes.push(readFormRequest(request));
      return script.push === undefined
        ? pushed(`urn:request:${pushes.length}`)
        : script.push(request, pushes.length, response);
    },
    [`${path}/revoke`]: (request, response) => {
      revocations.push(readFormRequest(request));
      return script.revoke?.(request, revocations.length, response) ?? {};
    },
    [`${path}/jwks`]: (request, response) => {
      jwksRequests += 1;
      return script.jwks === undefined ? { body: jwks } : script.jwks(request, jwksRequests, response);
    },
  };

  const server = await scriptedIssuer({
    ...script,
    instead: (target) => endpoints[target],
    metadata: (origin) => ({
      authorization_endpoint: `${origin}${path}/authorize`,
      pushed_authorization_request_endpoint: `${origin}${path}/par`,
      revocation_endpoint: `${origin}${path}/revoke`,
      jwks_uri: `${origin}${path}/jwks`,
      authorization_response_iss_parameter_supported: true,
      ...script.metadata?.(origin),
    }),
  });
  return {
    ...server,
    pushes,
    revocations,
    sign: async (claims, { header = {}, key = keys.privateKey } = {}) =>
      await new SignJWT(claims as JWTPayload).setProtectedHeader({ alg: 'ES256', kid: KID, ...header }).sign(key),
    answer(changes = {}) {
      const state = pushes.at(-1)?.form.get('state') ?? undefined;
      const url = new URL(REDIRECT_URI);
      const parameters = { code: CODE, state, iss: server.issuer, ...changes };
      for (const [name, value] of Object.entries(parameters))
        if (value !== undefined) url.searchParams.append(name, value);
      return url;
    },
  };
}

/** RFC 9126 §2.2. */
export const pushed = (requestUri: string, members: object = {}) => ({
  status: 201,
  body: { request_uri: requestUri, expires_in: 60, ...members },
});
