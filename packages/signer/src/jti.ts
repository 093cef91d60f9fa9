import { randomFillSync } from 'node:crypto';

const OCTETS = 16; // RFC 9449 §4.2: 128 bits, beyond collision

// One call for 256 of them: by itself each would cost 2 µs, most of it the way to OpenSSL and back
const random = Buffer.alloc(256 * OCTETS);
let used = random.length;

/** A new `jti`: 22 characters of base64url. Each random octet is in one of them. */
export function newJti(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += OCTETS;
  return random.toString('base64url', used - OCTETS, used);
}
