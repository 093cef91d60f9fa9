import { hash, randomBytes } from 'node:crypto';
import { isJsonObject, type JsonObject, type ProofKey } from '@holdfast/proof';
import type { Form } from '../issuer/issuer-calls.ts';
import { checkResource } from '../issuer/resource-indicator.ts';
import type { Wanted } from '../token-memory.ts';

/** What a person is asked to allow. */
export interface AuthorizationOptions extends Wanted {
  /** One that the client registered; the person's browser comes back to it. */
  readonly redirectUri: string;
  /** RFC 9396 §2: each has a `type`. */
  readonly authorizationDetails?: readonly JsonObject[];
  /** `jwt`: the answer is signed by the issuer (JARM). Default: `query`. */
  readonly responseMode?: 'query' | 'jwt';
  /** Given: the request is signed (RFC 9101), with a key that the client registered. */
  readonly requestObject?: { readonly key: ProofKey; readonly kid?: string };
  /** Other parameters, such as `prompt`, `login_hint` or `claims`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What ties the answer and the token to one request, and to nothing else (RFC 9700 §2.1). Secrets until they are used. */
export interface Ties {
  /** RFC 7636 §4.1: 256 bits. */
  readonly verifier: string;
  readonly state: string;
  /** Of the ID token; absent where `openid` was not asked for. FAPI 2.0 §5.3.3.2: 64 characters at most. */
  readonly nonce: string | undefined;
}

/** Whatever parameter is passed by hand, these are chosen here or have options of their own. */
const OURS = [
  'client_id',
  'client_assertion',
  'client_assertion_type',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'resource',
  'authorization_details',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
  'request',
  'request_uri',
  'sub', // RFC 9101 §10.8: it could make a client assertion of a request object
];

/** New for each request. */
export function drawTies({ scope }: AuthorizationOptions): Ties {
  const draw = (octets: number) => randomBytes(octets).toString('base64url');
  const isOpenId = scope?.split(' ').includes('openid') === true;
  return { verifier: draw(32), state: draw(16), nonce: isOpenId ? draw(16) : undefined };
}

/** The parameters of the request, but for who sends it. `jkt`: of the key to which the code is bound. */
export function authorizationForm(options: AuthorizationOptions, ties: Ties, jkt: string | undefined): Form {
  const { redirectUri, scope, resource, authorizationDetails, responseMode, parameters } = options;
  return {
    ...parameters,
    response_type: 'code',
    response_mode: responseMode === 'jwt' ? 'jwt' : undefined,
    redirect_uri: redirectUri,
    scope,
    resource,
    authorization_details: authorizationDetails && JSON.stringify(authorizationDetails),
    state: ties.state,
    nonce: ties.nonce,
    code_challenge: hash('sha256', ties.verifier, 'base64url'),
    code_challenge_method: 'S256',
    // RFC 9449 §10.1: also where a hop loses the proof of this request
    dpop_jkt: jkt,
  };
}

/** Throws TypeError for what no issuer would take, before anybody is asked. */
export function checkAuthorizationOptions(options: AuthorizationOptions): void {
  const { redirectUri, resource, authorizationDetails = [], parameters = {} } = options;
  const taken = OURS.filter((name) => name in parameters);
  if (taken.length > 0) throw new TypeError(`parameters: ${taken.join(', ')} are not the caller's to choose`);
  // RFC 6749 §3.1.2
  if (!URL.canParse(redirectUri) || redirectUri.includes('#')) {
    throw new TypeError('redirectUri: an absolute URI without a fragment is expected');
  }
  checkResource(resource);
  if (!authorizationDetails.every((each) => isJsonObject(each) && typeof each['type'] === 'string')) {
    throw new TypeError('authorizationDetails: objects with a type are expected');
  }
}
