import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type ForgedKey, forgedKey, type Members, signed } from '../proof/forge.ts';

/** Assertions, proofs and key pairs made by hand, so that they can be wrong in every way. */
export const NOW = 1_700_000_000;
export const ISSUER = 'https://issuer.example';
export const MTLS = 'https://mtls.issuer.example';
export const VENUE = 'https://venue.example';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function ecKey(): ForgedKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return forgedKey('ES256', privateKey, 'sha256', { dsaEncoding: 'ieee-p1363' });
}

/** The keys of the client `trader`, of its proofs, and of somebody else. */
export const traderKey = ecKey();
export const proofKey = ecKey();
export const thiefKey = ecKey();

export interface Forgery {
  readonly key?: ForgedKey;
  /** Members put over the good ones; undefined leaves one out. */
  readonly header?: Members;
  readonly payload?: Members;
}

/** A good client assertion of `trader` at NOW, but for the changes. */
export function assertion({ key = traderKey, header = {}, payload = {} }: Forgery = {}): string {
  const claims = { iss: 'trader', sub: 'trader', aud: ISSUER, jti: randomUUID(), iat: NOW, exp: NOW + 60 };
  return signed(JSON.stringify({ alg: key.alg, ...header }), JSON.stringify({ ...claims, ...payload }), key);
}

/** A good proof for the token endpoint at NOW, but for the changes. It has no nonce unless one is given. */
export function proof({ key = proofKey, header = {}, payload = {} }: Forgery = {}): string {
  const claims = { jti: randomUUID(), htm: 'POST', htu: `${ISSUER}/token`, iat: NOW };
  return signed(
    JSON.stringify({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...header }),
    JSON.stringify({ ...claims, ...payload }),
    key,
  );
}

/** The claims of a token; nothing is verified. */
export function claims(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
