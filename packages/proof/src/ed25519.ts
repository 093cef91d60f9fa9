import { type KeyObject, verify } from 'node:crypto';
import { loadSodium, type Sodium } from './sodium.ts';

// The y coordinates of the points of order 1, 2, 4 and 8 (RFC 8032 §5.1; little-endian, sign bit cleared).
const SMALL_ORDER = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Whether 32 octets spell a point of small order, with either sign. */
export function isSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER.has(withoutSign(point).toString('hex'));
}

/**
 * Whether 32 octets are an acceptable spelling of an Ed25519 public key. OpenSSL imports points of small order, under
 * which Node 22 verifies one fixed signature for every message, and y ≥ p, which gives one point two thumbprints.
 * NOT checked: that the point is on the curve; OpenSSL does that when it verifies.
 */
export function isSoundEd25519(key: Uint8Array): boolean {
  return !isSmallOrder(key) && !isBeyondField(withoutSign(key));
}

/** libsodium or undefined, once it was looked for: at the first signature, because a signer never needs it. */
let accelerator: { readonly sodium: Sodium | undefined } | undefined;

/** Verifies 64 octets of signature (RFC 8032 §5.1.7) by libsodium where it is installed, which answers as OpenSSL does. */
export function verifyEd25519(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  accelerator ??= { sodium: loadSodium() };
  const { sodium } = accelerator;
  if (sodium === undefined) return verify(null, message, key, signature);
  return sodium.crypto_sign_verify_detached(signature, message, rawKey(key)) === true;
}

const rawKeys = new WeakMap<KeyObject, Buffer>(); // exporting one takes longer than looking it up

function rawKey(key: KeyObject): Buffer {
  const known = rawKeys.get(key);
  if (known !== undefined) return known;
  const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  rawKeys.set(key, raw);
  return raw;
}

function withoutSign(point: Uint8Array): Buffer {
  const y = Buffer.from(point);
  y[31] = (y[31] ?? 0) & 0x7f;
  return y;
}

// p = 2^255 - 19: little-endian ed, thirty times ff, 7f.
function isBeyondField(y: Buffer): boolean {
  return (y[0] ?? 0) >= 0xed && y[31] === 0x7f && y.subarray(1, 31).every((octet) => octet === 0xff);
}
