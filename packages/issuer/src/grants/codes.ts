import { createHash, timingSafeEqual } from 'node:crypto';
import { HoldfastError, type VerifiedProof } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import type { Parameters } from '../form.ts';
import type { Records } from '../records.ts';
import type { Grant } from './grant.ts';
import type { Grants } from './grants.ts';

/** What an authorization code stands for. */
export interface CodeContent {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly jkt: string | undefined;
}

/** Authorization codes: RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10. */
export interface Codes {
  add(code: string, content: CodeContent, expiresAt: number): Promise<void>;
  /**
   * Throws unless the code is live, of this client and fits everything that came with it. Uses nothing up; of a code that was
   * used before it ends the grant.
   */
  check(parameters: Parameters, client: Client, proof: VerifiedProof | undefined): Promise<CheckedCode>;
  /** Redeems it: of concurrent requests exactly one passes, and every other ends the grant (RFC 6749 §4.1.2). */
  redeem(code: CheckedCode): Promise<void>;
}

declare const checked: unique symbol;

export interface CheckedCode extends CodeContent {
  readonly [checked]: true;
  readonly code: string;
}

const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/; // RFC 7636 §4.1

export function createCodes(records: Records, grants: Grants): Codes {
  return {
    async add(code, content, expiresAt) {
      await records.add('code', code, content, expiresAt);
    },
    async check(parameters, client, proof) {
      const code = parameters.get('code');
      if (code === undefined) throw new HoldfastError('form_malformed', { detail: 'code' });
      const content = await records.get<CodeContent>('code', code);
      if (content === undefined) throw await refuseAbsent(code, client);
      if (content.grant.clientId !== client.clientId) throw new HoldfastError('code_client');
      // RFC 6749 §4.1.3: it was in the authorization request, so it is here
      if (parameters.get('redirect_uri') !== content.redirectUri) throw new HoldfastError('code_redirect_uri');
      verifyChallenge(parameters.get('code_verifier'), content.codeChallenge);
      if (content.jkt !== undefined && proof?.jkt !== content.jkt) {
        throw new HoldfastError(proof === undefined ? 'proof_missing' : 'code_key_mismatch');
      }
      return { ...content, code } as CheckedCode;
    },
    async redeem({ code, grant }) {
      // Kept for as long as anything that it gave may live: whoever shows it again ends that
      const isFirst = await records.add(
        'redeemed',
        code,
        { id: grant.id, clientId: grant.clientId, endsAt: grant.endsAt },
        grant.endsAt,
      );
      if (isFirst) return;
      await grants.revoke(grant, 'code_used');
      throw new HoldfastError('code_used');
    },
  };

  // The code has expired; that it was used is remembered longer
  async function refuseAbsent(code: string, client: Client): Promise<HoldfastError> {
    const used = await records.get<Pick<Grant, 'id' | 'clientId' | 'endsAt'>>('redeemed', code);
    if (used === undefined || used.clientId !== client.clientId) return new HoldfastError('code_unknown');
    await grants.revoke(used, 'code_used');
    return new HoldfastError('code_used');
  }
}

/** RFC 7636 §4.6 with S256. */
function verifyChallenge(verifier: string | undefined, challenge: string): void {
  if (verifier === undefined) throw new HoldfastError('verifier_missing');
  if (!VERIFIER.test(verifier)) throw new HoldfastError('verifier_malformed');
  const digest = createHash('sha256').update(verifier).digest();
  if (!timingSafeEqual(digest, Buffer.from(challenge, 'base64url'))) throw new HoldfastError('verifier_mismatch');
}
