import { createHmac, generateKeyPairSync } from 'node:crypto';
import { ath } from '@holdfast/proof';
import type { ProofKey } from '@holdfast/signer';

/** What a thief makes by hand: JWTs that no library of ours would make. */
export interface Target {
  readonly htu: string;
  readonly accessToken: string;
  /** NumericDate. */
  readonly iat: number;
}

/** A proof whose jwk carries the private key. */
export function proofWithPrivateKey(target: Target): string {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return `${proofInput('ES256', jwk, target)}.${'A'.repeat(86)}`;
}

/** A proof without a signature. */
export function unsignedProof(target: Target): string {
  return `${proofInput('none', publicJwk(), target)}.`;
}

/** A proof whose MAC key is the public key: who mixes the two up accepts it. */
export function macProof(target: Target): string {
  const jwk = publicJwk();
  const input = proofInput('HS256', jwk, target);
  return `${input}.${createHmac('sha256', JSON.stringify(jwk)).update(input).digest('base64url')}`;
}

/** A proof with one bit of its signature flipped. */
export function withFlippedBit(proof: string): string {
  const at = proof.length - 10;
  return `${proof.slice(0, at)}${proof[at] === 'A' ? 'B' : 'A'}${proof.slice(at + 1)}`;
}

/** A JWT that says whatever its signer likes. */
export async function signedJwt(key: ProofKey, header: object, claims: object): Promise<string> {
  const input = `${segment({ alg: key.alg, ...header })}.${segment(claims)}`;
  return `${input}.${Buffer.from(await key.sign(input)).toString('base64url')}`;
}

function proofInput(alg: string, jwk: object, { htu, accessToken, iat }: Target): string {
  const payload = { jti: 'forged', htm: 'GET', htu, iat, ath: ath(accessToken) };
  return `${segment({ typ: 'dpop+jwt', alg, jwk })}.${segment(payload)}`;
}

function publicJwk(): object {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
