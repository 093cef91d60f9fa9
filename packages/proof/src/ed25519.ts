// The y coordinates of the points of order 1, 2, 4 and 8 (RFC 8032 §5.1; little-endian, sign bit cleared).
const SMALL_ORDER = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/**
 * Whether 32 octets are an acceptable spelling of an Ed25519 public key. OpenSSL imports points of small order, under
 * which 3.0 (Node 22) verifies one fixed signature for every message, and y ≥ p, which gives one point two thumbprints.
 * NOT checked: that the point is on the curve; OpenSSL does that when it verifies.
 */
export function isSoundEd25519(key: Uint8Array): boolean {
  const y = Buffer.from(key);
  y[31] = (y[31] ?? 0) & 0x7f;
  return !SMALL_ORDER.has(y.toString('hex')) && !isBeyondField(y);
}

// p = 2^255 - 19: little-endian ed, thirty times ff, 7f.
function isBeyondField(y: Buffer): boolean {
  return (y[0] ?? 0) >= 0xed && y[31] === 0x7f && y.subarray(1, 31).every((octet) => octet === 0xff);
}
