import { randomUUID } from 'node:crypto';
import type { Confirmation } from '@holdfast/proof';
import type { Jwks } from '@holdfast/verifier';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'urn:holdfast:venue';

const ALG = 'ES256';
const LIFE = 24 * 60 * 60; // seconds: no run lasts longer, and renewing tokens is not what is measured

/** An issuer without a network: its keys are given to whoever verifies. */
export interface Issuer {
  readonly jwks: Jwks;
  /** A token as RFC 9068 §2 has it, bound to a key or a certificate. `life`: seconds; below zero for one that has ended. */
  token(confirmation: Confirmation, life?: number): Promise<string>;
}

export async function createIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(ALG);
  const jwk = { ...(await exportJWK(publicKey)), kid: 'issuer-1', alg: ALG, use: 'sig' };
  let sequence = 0;
  return {
    jwks: { keys: [jwk] },
    token(confirmation, life = LIFE) {
      sequence += 1;
      return new SignJWT({
        client_id: `client-${sequence}`,
        scope: 'orders:read orders:write',
        cnf: { ...confirmation },
      })
        .setProtectedHeader({ typ: 'at+jwt', alg: ALG, kid: jwk.kid })
        .setIssuer(ISSUER)
        .setSubject(`trader-${sequence}`)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${life} s`)
        .setJti(randomUUID())
        .sign(privateKey);
    },
  };
}
