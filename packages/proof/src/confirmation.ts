import { HoldfastError } from './errors.ts';
import { x5tS256 } from './hashes.ts';
import { isJsonObject } from './jws.ts';
import type { CheckedProof } from './proof.ts';

/** What a token says about its rightful sender: RFC 9449 §6.1, RFC 8705 §3.1. At least one member. */
export interface Confirmation {
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
}

/** What the sender showed. */
export interface Possession {
  readonly scheme: 'DPoP' | 'Bearer';
  readonly proof?: CheckedProof | undefined;
  readonly certificate?: Uint8Array | undefined;
}

const MEMBERS = ['jkt', 'x5t#S256'] as const;
const SHA256_BASE64URL = /^[A-Za-z0-9_-]{43}$/;

/**
 * Reads the `cnf` of a token. A member that is not understood refuses the token: it states a condition that would
 * go unchecked (RFC 7800 §3.1 lets applications require that).
 */
export function readConfirmation(cnf: unknown): Confirmation {
  if (cnf === undefined) throw new HoldfastError('token_unbound');
  if (!isJsonObject(cnf)) throw new HoldfastError('confirmation_unknown');
  const members = Object.entries(cnf);
  if (members.length === 0) throw new HoldfastError('token_unbound');
  for (const [member, value] of members) {
    const known = MEMBERS.some((name) => name === member);
    if (!known || typeof value !== 'string' || !SHA256_BASE64URL.test(value)) {
      throw new HoldfastError('confirmation_unknown');
    }
  }
  return cnf as Confirmation;
}

/**
 * The binding rules: DPoP scheme, `jkt` and proof; Bearer scheme, `x5t#S256` and certificate; a token with both
 * members satisfies both; everything else is refused. The binding follows the token's content, never the header alone
 * (RFC 9449 §7.2). NOT checked: the signature of the proof; `verifyProof` follows.
 */
export function matchConfirmation(confirmation: Confirmation, { scheme, proof, certificate }: Possession): void {
  const { jkt, 'x5t#S256': x5t } = confirmation;
  // The type allows none, and then nothing below would be checked
  if (jkt === undefined && x5t === undefined) throw new HoldfastError('token_unbound');
  if ((jkt === undefined) !== (scheme === 'Bearer')) throw new HoldfastError('scheme_mismatch');
  if (jkt !== undefined) {
    if (proof === undefined) throw new HoldfastError('proof_missing');
    // RFC 9449 §4.3 (12b)
    if (proof.jkt !== jkt) throw new HoldfastError('key_mismatch');
  }
  if (x5t !== undefined) {
    if (certificate === undefined) throw new HoldfastError('certificate_missing');
    // RFC 8705 §3.2; the full value is compared
    if (x5tS256(certificate) !== x5t) throw new HoldfastError('certificate_mismatch');
  }
}
