import { type Algorithm, algorithms } from './algorithms.ts';
import { askElsewhere } from './elsewhere.ts';
import { type PublicHalf, publicHalf } from './public-half.ts';
import { readSignature, signatureOctets } from './signature-form.ts';

/**
 * A key elsewhere: a KMS, an HSM. `sign` gets the octets of the signing input, not their digest, and returns a JWS signature:
 * of ECDSA r and s side by side (RFC 7518 §3.4), where most KMS give DER. It is called as often at once as proofs are made.
 */
export interface ExternalKey {
  readonly publicJwk: Readonly<Record<string, unknown>>;
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** ms that a signature may take. Default: 30,000. */
  readonly timeout?: number;
}

/** A key pair of any Web Cryptography implementation. The private key may be non-extractable. */
export interface ForeignKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /**
   * The implementation that made the keys. Default: Node's. Any other makes one signature after another, because a session
   * of PKCS#11 takes no second one meanwhile; what can do many at once comes as an `ExternalKey`.
   */
  readonly crypto?: Pick<Crypto, 'subtle'>;
  /** ms that a signature by another implementation may take, waiting for its turn included. Default: 30,000. */
  readonly timeout?: number;
}

/** A key whose signatures are made by code that is not ours. */
interface KeyElsewhere extends PublicHalf {
  sign(input: string): Promise<Uint8Array>;
}

export function fromExternal(external: ExternalKey, wanted: Algorithm | undefined): KeyElsewhere {
  const half = publicHalf(external.publicJwk, wanted);
  return signingElsewhere(half, (input) => external.sign(input), external.timeout);
}

/** A pair of an implementation that is not Node's. Throws `key_unusable` when it does not give the public half as a JWK. */
export async function fromForeignPair(
  { privateKey, publicKey, timeout }: ForeignKeyPair,
  subtle: SubtleCrypto,
  wanted: Algorithm | undefined,
): Promise<KeyElsewhere> {
  const complaint = 'the public half cannot be read';
  const jwk = await askElsewhere(() => subtle.exportKey('jwk', publicKey), { complaint, timeout, inTurnOf: subtle });
  const half = publicHalf(jwk, wanted);
  const { subtle: algorithm } = algorithms[half.alg];
  const sign = async (input: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await subtle.sign(algorithm, privateKey, input));
  return signingElsewhere(half, sign, timeout, subtle);
}

/** Whether it is a CryptoKey of an implementation that is not Node's, which Node cannot use. */
export function isForeign(key: unknown): boolean {
  if (typeof key !== 'object' || key === null || key instanceof CryptoKey) return false;
  return 'algorithm' in key && 'usages' in key;
}

function signingElsewhere(
  half: PublicHalf,
  sign: (input: Uint8Array<ArrayBuffer>) => unknown,
  timeout: number | undefined,
  inTurnOf?: object,
): KeyElsewhere {
  const question = { complaint: 'it does not sign', timeout, inTurnOf };
  const octets = signatureOctets(half.alg, half.publicJwk);
  return {
    ...half,
    sign: async (input) => {
      // A copy: Node keeps many small buffers in one memory, and code of others may look at all of it
      const copy = new Uint8Array(Buffer.from(input, 'latin1'));
      return readSignature(await askElsewhere(() => sign(copy), question), half.alg, octets);
    },
  };
}
