import { HoldfastError } from '../errors.ts';
import type { ProofKey } from '../key.ts';
import type { Component } from './component.ts';
import { signatureBase } from './signature-base.ts';
import type { SignedMessage } from './signed-message.ts';

/** The parameters of a signature that we make: RFC 9421 §2.3. No `alg`: it is that of the key. */
export interface Parameters {
  /** NumericDate, whole seconds. */
  readonly created: number;
  readonly keyid: string;
  readonly tag: string;
  readonly ath?: string | undefined;
}

/** A member of Signature-Input, and the one of Signature that belongs to it. */
export interface MadeSignature {
  readonly input: string;
  readonly signature: string;
}

// RFC 9651 §3.3.3, without what would need an escape
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** Signs these components of a message: RFC 9421 §3.1. Throws `message_unsignable` when one of them has no value. */
export async function makeSignature(
  label: string,
  components: readonly Component[],
  parameters: Parameters,
  { message, key }: { readonly message: SignedMessage; readonly key: ProofKey },
): Promise<MadeSignature> {
  const written = `(${components.map(({ identifier }) => identifier).join(' ')})${writeParameters(parameters)}`;
  const octets = await key.sign(baseOf(components, written, message));
  return { input: `${label}=${written}`, signature: `${label}=:${Buffer.from(octets).toString('base64')}:` };
}

/** The two fields that carry signatures: RFC 9421 §4. */
export function signatureFields(signatures: readonly MadeSignature[]): Record<'Signature-Input' | 'Signature', string> {
  return {
    'Signature-Input': signatures.map(({ input }) => input).join(', '),
    Signature: signatures.map(({ signature }) => signature).join(', '),
  };
}

function writeParameters({ created, keyid, tag, ath }: Parameters): string {
  // RFC 9651 §3.3.1
  if (!Number.isSafeInteger(created) || created < 0 || created > 999_999_999_999_999) {
    throw new TypeError('created: a NumericDate in whole seconds');
  }
  for (const text of ath === undefined ? [keyid] : [keyid, ath]) {
    if (!PLAIN.test(text)) throw new TypeError('keyid and ath: printable ASCII without quotes');
  }
  return `;created=${created};keyid="${keyid}";tag="${tag}"${ath === undefined ? '' : `;ath="${ath}"`}`;
}

function baseOf(components: readonly Component[], written: string, message: SignedMessage): string {
  try {
    return signatureBase(components, written, message);
  } catch (thrown) {
    const detail = thrown instanceof HoldfastError ? thrown.detail : undefined;
    throw new HoldfastError('message_unsignable', { ...(detail === undefined ? {} : { detail }), cause: thrown });
  }
}
