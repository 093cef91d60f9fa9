import {
  asRefusal,
  ath,
  challenge,
  FAPI_ALGORITHMS,
  HoldfastError,
  matchConfirmation,
  readCredential,
  reserveJti,
  seconds,
  verifyProof,
} from '@holdfast/proof';
import type { IssuerRequest } from '../form.ts';
import type { Parts } from '../parts.ts';
import { type Reply, success } from '../reply.ts';
import { checkSenderProof } from '../sender.ts';

/** The line from a token with `openid` to who the person is: OIDC Core §5.3, under the binding of every other resource. */
export function createUserinfoEndpoint(parts: Parts): (request: IssuerRequest) => Promise<Reply> {
  const { clock, tokens, algorithms, nonces, replay } = parts;

  async function tell(request: IssuerRequest): Promise<Reply> {
    const now = seconds(clock);
    // RFC 9449 §7.1, RFC 6750 §2.1
    const { scheme, token } = readCredential(request, () => false);
    const policy = { algorithms, nonces, now };
    const proof = scheme === 'DPoP' ? checkSenderProof(request, policy, ath(token)) : undefined;
    if (scheme === 'DPoP' && proof === undefined) throw new HoldfastError('proof_missing');
    // FAPI 2.0 §5.3.4: live, ours, and for this
    const claims = await tokens.read(token);
    if (claims === undefined) throw new HoldfastError('token_inactive');
    matchConfirmation(claims.cnf, { scheme, proof, certificate: request.certificate });
    const verified = proof && verifyProof(proof);
    if (!claims.scope?.split(' ').includes('openid'))
      throw new HoldfastError('scope_insufficient', { detail: 'openid' });
    if (verified !== undefined) await reserveJti(replay, verified);
    return success({ sub: claims.sub }, proof && nonces?.current());
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
