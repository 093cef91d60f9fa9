import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { type Algorithm, algorithms } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { isSoundEd25519 } from './ed25519.ts';
import { HoldfastError } from './errors.ts';
import { isJsonObject, type JsonObject } from './jws.ts';
import type { Code } from './refusals.ts';

/** The members that make a public key what it is: RFC 7638 §3.2, RFC 8037 §2, RFC 9964 §6. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: string; readonly x: string }
  | { readonly kty: 'RSA'; readonly e: string; readonly n: string }
  | { readonly kty: 'AKP'; readonly alg: string; readonly pub: string };

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const RSA_BITS = { least: 2048, most: 4096 }; // the cap bounds what a stranger's key can cost us

/**
 * Reads a public JWK that is meant for `alg`, and only in its canonical spelling, because a thumbprint identifies a
 * key only then (RFC 7638 §7). Node's import is far more lenient. Other members (kid, x5c …) are dropped.
 * Throws `refusal`, or `proof_jwk_private` when there is key material that should have stayed at home.
 * NOT checked: that an EC point is on its curve; `importPublicJwk` does that.
 */
export function readPublicJwk(value: unknown, alg: Algorithm, refusal: Code = 'proof_jwk'): PublicJwk {
  if (!isJsonObject(value)) throw new HoldfastError(refusal);
  const jwk: JsonObject = value;
  // RFC 9449 §4.3 (7): jwk holds no private key
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) throw new HoldfastError('proof_jwk_private');
  checkPurpose(jwk, alg, refusal);
  const { kty, crv, keyLength = 0 } = algorithms[alg];
  if (jwk['kty'] !== kty) throw new HoldfastError(refusal, { detail: 'kty' });
  if (kty === 'RSA') return readRsa(jwk, refusal);
  if (kty === 'AKP') return readAkp(jwk, alg, keyLength, refusal);
  // RFC 7518 §3.4, RFC 8037 §3.1: the curve fits the algorithm
  if (crv === undefined || jwk['crv'] !== crv) throw new HoldfastError(refusal, { detail: 'crv' });
  const x = readOctets(jwk['x'], keyLength, 'x', refusal).text;
  if (kty === 'EC') return { kty, crv, x, y: readOctets(jwk['y'], keyLength, 'y', refusal).text };
  if (!isSoundEd25519(Buffer.from(x, 'base64url'))) throw new HoldfastError(refusal, { detail: 'x' });
  return { kty, crv, x };
}

/** Imports what `readPublicJwk` read. Throws `refusal` for a point that is not on the curve. Costs 15 to 70 µs. */
export function importPublicJwk(jwk: PublicJwk, refusal: Code = 'proof_jwk'): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch (cause) {
    throw new HoldfastError(refusal, { detail: 'not a key', cause });
  }
}

/** RFC 7638 §3, RFC 8037 §2, RFC 9964 §6: base64url(SHA-256) of the required members in code point order. */
export function thumbprint(jwk: PublicJwk): string {
  return hash('sha256', canonical(jwk), 'base64url');
}

// Values were read as plain base64url and names of our own, so nothing needs escaping (RFC 7638 §3.3).
function canonical(jwk: PublicJwk): string {
  switch (jwk.kty) {
    case 'EC':
      return `{"crv":"${jwk.crv}","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`;
    case 'OKP':
      return `{"crv":"${jwk.crv}","kty":"OKP","x":"${jwk.x}"}`;
    case 'RSA':
      return `{"e":"${jwk.e}","kty":"RSA","n":"${jwk.n}"}`;
    case 'AKP':
      return `{"alg":"${jwk.alg}","kty":"AKP","pub":"${jwk.pub}"}`;
  }
}

/** RFC 7517 §4.2–4.4, RFC 8725 §3.1: what the key says about its own use agrees with how it is used. */
function checkPurpose(jwk: Record<string, unknown>, alg: Algorithm, refusal: Code): void {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') throw new HoldfastError(refusal, { detail: 'use' });
  if (jwk['key_ops'] !== undefined && !canVerify(jwk['key_ops']))
    throw new HoldfastError(refusal, { detail: 'key_ops' });
  if (jwk['alg'] !== undefined && !isSameAlgorithm(jwk['alg'], alg)) {
    throw new HoldfastError(refusal, { detail: 'alg' });
  }
}

// RFC 7517 §4.3: strings, and each of them once
function canVerify(operations: unknown): boolean {
  if (!Array.isArray(operations) || !operations.every((each) => typeof each === 'string')) return false;
  return new Set(operations).size === operations.length && operations.includes('verify');
}

// RFC 9864 §2.2: EdDSA with an Ed25519 key and Ed25519 are one algorithm under two names.
function isSameAlgorithm(stated: unknown, alg: Algorithm): boolean {
  return stated === alg || (algorithms[alg].crv === 'Ed25519' && (stated === 'EdDSA' || stated === 'Ed25519'));
}

function readRsa(jwk: Record<string, unknown>, refusal: Code): PublicJwk {
  // RFC 7518 §6.3.1: minimal octets. Only 65537: another exponent gives nothing but other spellings and slower keys.
  if (jwk['e'] !== 'AQAB') throw new HoldfastError(refusal, { detail: 'e' });
  if (typeof jwk['n'] !== 'string') throw new HoldfastError(refusal, { detail: 'n' });
  const { text, octets } = readOctets(jwk['n'], jwk['n'].length, 'n', refusal);
  const first = octets[0] ?? 0;
  const bits = octets.length * 8 - (Math.clz32(first) - 24);
  const odd = ((octets.at(-1) ?? 0) & 1) === 1;
  if (first === 0 || !odd || bits < RSA_BITS.least || bits > RSA_BITS.most) {
    throw new HoldfastError(refusal, { detail: 'n' });
  }
  return { kty: 'RSA', e: 'AQAB', n: text };
}

// RFC 9964 §3: alg is part of the key. Any octets of the right length are a public key of ML-DSA (FIPS 204 §7.2).
function readAkp(jwk: Record<string, unknown>, alg: Algorithm, length: number, refusal: Code): PublicJwk {
  if (jwk['alg'] !== alg) throw new HoldfastError(refusal, { detail: 'alg' });
  return { kty: 'AKP', alg, pub: readOctets(jwk['pub'], length, 'pub', refusal).text };
}

function readOctets(value: unknown, length: number, member: string, refusal: Code): { text: string; octets: Buffer } {
  const octets = typeof value === 'string' && value.length === length ? decodeBase64url(value) : undefined;
  if (octets === undefined) throw new HoldfastError(refusal, { detail: member });
  return { text: value as string, octets };
}
