import { constants, type KeyObject, verify } from 'node:crypto';
import { type Algorithm, algorithms, verifySignature } from '../algorithms.ts';
import { HoldfastError } from '../errors.ts';

/** What a signature is verified under. */
export interface VerificationKey {
  readonly alg: Algorithm;
  readonly key: KeyObject;
  /** What `keyid` may say: the thumbprint of the key, or of its certificate. */
  readonly keyids: readonly string[];
  /** The key is that of a certificate: an RSA key may then also sign by rsa-pss-sha512. */
  readonly isOfCertificate?: boolean;
}

/** RFC 9421 §6.2.2, as far as an asymmetric key of ours fits; everything else is refused. */
const REGISTERED: ReadonlyMap<string, Algorithm> = new Map([
  ['ecdsa-p256-sha256', 'ES256'],
  ['ecdsa-p384-sha384', 'ES384'],
  ['ed25519', 'Ed25519'],
]);
const RSA_PSS_SHA512 = 'rsa-pss-sha512';

/**
 * Verifies a signature over a base under the algorithm of the key. A name that the signature gives itself (`alg`) has to
 * agree with it (RFC 9421 §3.2 (6)); the name of a JWS algorithm is none there (§3.3.7).
 */
export function verifyBase(
  base: string,
  signature: Uint8Array,
  named: string | undefined,
  { alg, key, isOfCertificate = false }: VerificationKey,
): boolean {
  if (named === RSA_PSS_SHA512 && isOfCertificate && algorithms[alg].kty === 'RSA') {
    return verify('sha512', Buffer.from(base, 'latin1'), { key, ...PSS_SHA512 }, signature);
  }
  if (named !== undefined && !isSame(REGISTERED.get(named), alg))
    throw new HoldfastError('signature_params', { detail: 'alg' });
  return verifySignature(alg, key, base, signature);
}

// RFC 9421 §3.3.1. MGF1 hashes as the message is hashed
const PSS_SHA512 = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };

/** RFC 9864 §2.2: EdDSA with this curve and Ed25519 are one. */
function isSame(registered: Algorithm | undefined, alg: Algorithm): boolean {
  return registered !== undefined && algorithms[registered] === algorithms[alg];
}
