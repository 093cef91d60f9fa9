import type { SigningKey } from './signing-key.ts';

/**
 * A JWT (RFC 7519 §7.1) as a compact JWS (RFC 7515 §7.1) by this key, whose `alg` and `kid` go into the header whatever
 * `header` says. Synchronous where the key is: one raw signature and a few microseconds. NOT checked: any claim.
 */
export function signJwt(key: SigningKey, header: object, claims: object): string | Promise<string> {
  const input = `${segment({ ...header, alg: key.alg, kid: key.kid })}.${segment(claims)}`;
  const signature = key.sign(Buffer.from(input, 'latin1'));
  return 'then' in signature
    ? signature.then((octets) => `${input}.${base64url(octets)}`)
    : `${input}.${base64url(signature)}`;
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function base64url({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
}
