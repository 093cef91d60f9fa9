import { createHash } from 'node:crypto';

/**
 * edwards25519 by bigints (RFC 8032 §5.1), for signatures that no library would make. A point is x, y, z, t with
 * x = X/Z, y = Y/Z, xy = T/Z.
 */
export type Point = readonly [bigint, bigint, bigint, bigint];

export const P = 2n ** 255n - 19n;
/** Order of the base point. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (a: bigint, m = P): bigint => ((a % m) + m) % m;
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n); // of -1
const NEUTRAL: Point = [0n, 1n, 1n, 0n];

export const BASE = fromY(mod(4n * inverse(5n)));

/** A point of order 8; its multiples are all points of small order. */
export const TORSION = fromY(
  littleEndian(Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex')),
);

export function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * D * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

export function multiply(point: Point, times: bigint): Point {
  let sum = NEUTRAL;
  for (let p = point, n = times; n > 0n; n >>= 1n, p = add(p, p)) if (n & 1n) sum = add(sum, p);
  return sum;
}

export function encodePoint([x, y, z]: Point): Buffer {
  const octets = encodeNumber(mod(y * inverse(z)));
  octets[31] = (octets[31] ?? 0) | (Number(mod(x * inverse(z)) & 1n) << 7);
  return octets;
}

/** 32 octets, little-endian. */
export function encodeNumber(n: bigint): Buffer {
  return Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** The hash of a signature as a scalar: SHA-512 of R, A and the message. */
export function challengeOf(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return mod(littleEndian(createHash('sha512').update(r).update(a).update(message).digest()), L);
}

function littleEndian(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
}

/** The point with this y and an even x. */
function fromY(y: bigint): Point {
  const x2 = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(x2, (P + 3n) / 8n);
  if (mod(x * x) !== x2) x = mod(x * ROOT);
  if ((x & 1n) === 1n) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
}

function inverse(a: bigint): bigint {
  return power(a, P - 2n);
}
