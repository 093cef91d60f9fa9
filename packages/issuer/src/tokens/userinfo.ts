import {
  asRefusal,
  ath,
  type CheckedProof,
  type Confirmation,
  challenge,
  checkProof,
  FAPI_ALGORITHMS,
  HoldfastError,
  type HttpMessage,
  matchConfirmation,
  proofField,
  readCredential,
  readProof,
  reserveJti,
  seconds,
  targetPath,
  verifyProof,
} from '@holdfast/proof';
import type { IssuerRequest } from '../form.ts';
import type { Parts } from '../parts.ts';
import { type Reply, success } from '../reply.ts';

const FRESHNESS = { maxAge: 60, skew: 10 }; // seconds: FAPI 2.0 §5.3.2.1

/** The line from a token with `openid` to who the person is: OIDC Core §5.3, under the binding of every other resource. */
export function createUserinfoEndpoint(parts: Parts): (request: IssuerRequest) => Promise<Reply> {
  const { clock, tokens, algorithms, nonces, replay } = parts;

  async function tell(request: IssuerRequest): Promise<Reply> {
    const now = seconds(clock);
    // RFC 9449 §7.1, RFC 6750 §2.1
    const { scheme, token } = readCredential(request, () => false);
    const proof = scheme === 'DPoP' ? checkedProof(request, token, now) : undefined;
    // FAPI 2.0 §5.3.4: live, ours, and for this
    const claims = await tokens.read(token);
    if (claims === undefined) throw new HoldfastError('token_inactive');
    matchConfirmation(claims.cnf as Confirmation, { scheme, proof, certificate: request.certificate });
    const verified = proof && verifyProof(proof);
    if (!claims.scope?.split(' ').includes('openid'))
      throw new HoldfastError('scope_insufficient', { detail: 'openid' });
    if (verified !== undefined) await reserveJti(replay, verified);
    return success({ sub: claims.sub }, proof && nonces?.current());
  }

  function checkedProof(request: HttpMessage & { origin: string }, token: string, now: number): CheckedProof {
    const compact = proofField(request);
    const path = targetPath(request.target, request.origin);
    if (compact === undefined) throw new HoldfastError('proof_missing');
    if (path === undefined) throw new HoldfastError('request_malformed');
    return checkProof(readProof(compact, algorithms), {
      htm: request.method,
      htu: request.origin + path,
      ath: ath(token),
      freshness: { now, ...FRESHNESS, nonces },
    });
  }

  return async function userinfo(request) {
    try {
      return await tell(request);
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      const { status, error, message, code } = refusal;
      const headers = challenge(request, refusal, {
        algorithms: FAPI_ALGORITHMS,
        nonces,
        clock,
        metadataUrl: undefined,
      });
      const body = error === undefined ? {} : { error, error_description: message, code };
      return {
        status,
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        refusal,
      };
    }
  };
}
