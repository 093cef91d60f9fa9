import { createHash, randomBytes } from 'node:crypto';
import { type Clock, seconds } from '@holdfast/proof';
import type { ProofKey, Signer } from '@holdfast/signer';
import { signedJwt } from './forgeries.ts';
import type { Wire, WireReply } from './wire.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A client at the endpoints of an issuer, every step by hand: RFC 9126, RFC 6749 §4.1, §6, RFC 7009. */
export interface Desk {
  /** Pushes a request. Returns where to send the browser, and the verifier of its code. */
  push(details: readonly object[]): Promise<{ url: string; verifier: string }>;
  redeem(code: string, verifier: string): Promise<WireReply>;
  refresh(refreshToken: string): Promise<WireReply>;
  revoke(token: string): Promise<WireReply>;
}

export interface DeskOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** Signs its assertions. */
  readonly key: ProofKey;
  readonly signer: Signer;
  readonly wire: Wire;
  readonly clock: Clock;
}

export function createDesk({ issuer, clientId, redirectUri, scope, key, signer, wire, clock }: DeskOptions): Desk {
  async function authentication(): Promise<Record<string, string>> {
    const jti = randomBytes(16).toString('hex');
    const claims = { iss: clientId, sub: clientId, aud: issuer, jti, exp: seconds(clock) + 60 };
    return { client_assertion_type: ASSERTION_TYPE, client_assertion: await signedJwt(key, {}, claims) };
  }

  /** With a proof, and once more with the nonce that the issuer asks for. */
  async function post(path: string, form: Record<string, string>): Promise<WireReply> {
    const url = `${issuer}${path}`;
    const send = async (nonce?: string) =>
      wire.send({
        method: 'POST',
        url,
        headers: {
          dpop: await signer.proof({ method: 'POST', url, nonce }),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ ...form, ...(await authentication()) }).toString(),
      });
    const first = await send();
    return first.code === 'nonce_missing' ? await send(first.nonce) : first;
  }

  return {
    async push(details) {
      const verifier = randomBytes(32).toString('base64url');
      const { body } = await post('/par', {
        response_type: 'code',
        redirect_uri: redirectUri,
        scope,
        authorization_details: JSON.stringify(details),
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      const query = new URLSearchParams({ client_id: clientId, request_uri: String(body['request_uri']) });
      return { url: `${issuer}/authorize?${query}`, verifier };
    },
    redeem: (code, verifier) =>
      post('/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }),
    refresh: (refreshToken) => post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken }),
    revoke: (token) => post('/revoke', { token }),
  };
}
