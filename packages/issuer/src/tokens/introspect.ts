import { fieldValues, HoldfastError, seconds } from '@holdfast/proof';
import type { ResourceServer } from '../client/clients.ts';
import { type IssuerRequest, readForm } from '../form.ts';
import { isOwnScope } from '../grants/rights.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { Parts } from '../parts.ts';
import { failure, type Reply, success } from '../reply.ts';
import { weightIn } from '../weight.ts';
import { type AccessTokenClaims, audiencesOf } from './access-tokens.ts';

const SIGNED = 'application/token-introspection+jwt';

/**
 * The line from a resource server's question to its answer: RFC 7662 §2, RFC 9701. NOT checked: who sent the token; the
 * resource server has the proof and the certificate (RFC 9449 §6.2).
 */
export function createIntrospectionEndpoint(parts: Parts): (request: IssuerRequest) => Promise<Reply> {
  const { config, clock, admission, resourceServers, tokens, keys } = parts;

  async function sign(answer: object, { clientId }: ResourceServer): Promise<Reply> {
    // RFC 9701 §5: no sub and no exp beside it, so that it passes for no access token
    const claims = { iss: config.issuer, aud: clientId, iat: seconds(clock), token_introspection: answer };
    const body = await signJwt(keys.current(), { typ: 'token-introspection+jwt' }, claims);
    return { status: 200, headers: { 'Content-Type': SIGNED, 'Cache-Control': 'no-store' }, body };
  }

  async function answer(request: IssuerRequest, isSigned: boolean): Promise<Reply> {
    const now = seconds(clock);
    const form = readForm(request);
    // RFC 9701 §3, FAPI 2.0 Message Signing §6.2: resource servers, which are no clients
    const authenticated = await admission.authenticate(request, form, resourceServers, now);
    const token = form.get('token');
    if (token === undefined) throw new HoldfastError('form_malformed', { detail: 'token' });
    await admission.useUp(authenticated);
    // RFC 7662 §2.1: whatever token_type_hint says
    const claims = await tokens.read(token);
    const said = claims === undefined ? INACTIVE : describe(claims, authenticated.client);
    return isSigned ? await sign(said, authenticated.client) : success(said, undefined);
  }

  return async (request) => {
    const isSigned = wantsSigned(request);
    try {
      return await answer(request, isSigned);
    } catch (thrown) {
      // RFC 9701 §5: who asks for a signed answer and does not authenticate gets 400, everybody else 401 (RFC 7662 §2.3)
      const isClient = thrown instanceof HoldfastError && thrown.issuerStatus === 401;
      if (isSigned && isClient) return { ...failure(thrown, undefined), status: 400 };
      throw thrown;
    }
  };
}

/** RFC 7662 §2.2: nothing else about a token that is not live, or not for who asks. */
const INACTIVE = { active: false } as const;

/** RFC 9701 §3, §5: what concerns the resource server that asks. What the issuer's own scopes allow is none of it. */
function describe(claims: AccessTokenClaims, { resources }: ResourceServer): object {
  if (!audiencesOf(claims).some((each) => resources.includes(each))) return INACTIVE;
  const { status: _, scope, ...known } = claims;
  const meant = scope?.split(' ').filter((value) => !isOwnScope(value)) ?? [];
  return {
    active: true,
    ...known,
    ...(meant.length === 0 ? {} : { scope: meant.join(' ') }),
    token_type: claims.cnf.jkt === undefined ? 'Bearer' : 'DPoP',
  };
}

/** RFC 9701 §4: by name, and not by a range that takes anything. */
function wantsSigned(request: IssuerRequest): boolean {
  return weightIn(fieldValues(request, 'accept').join(','), [SIGNED]) > 0;
}
