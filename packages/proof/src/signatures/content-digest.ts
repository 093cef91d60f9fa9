import { hash } from 'node:crypto';
import { HoldfastError } from '../errors.ts';
import { octetsOf, readDictionary } from './structured-field.ts';

// RFC 9530 §5, Active. The others are not for signatures: their collisions can be made
const STRONG = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const;

/** RFC 9530 §2: the Content-Digest of octets as they are sent, after any content coding. */
export function contentDigest(content: Uint8Array | string): string {
  return `sha-256=:${hash('sha256', content, 'base64')}:`;
}

/**
 * Compares a Content-Digest with the octets as they came. One of sha-256 and sha-512 has to be there, and each that is there
 * has to match; others are ignored. A digest by itself says nothing about who made it (RFC 9530 §6.3): it has to be signed.
 */
export function matchContentDigest(field: string, content: Uint8Array): void {
  // Most clients send exactly that
  if (field === contentDigest(content)) return;
  const digests = readDictionary(field, 'digest_malformed');
  const known = Object.entries(STRONG).filter(([name]) => digests.has(name));
  if (known.length === 0) throw new HoldfastError('digest_unsupported');
  for (const [name, algorithm] of known) {
    const member = digests.get(name);
    const stated = member && octetsOf(member);
    if (stated === undefined) throw new HoldfastError('digest_malformed');
    if (!hash(algorithm, content, 'buffer').equals(stated)) throw new HoldfastError('digest_mismatch');
  }
}

/**
 * The body of a message whose signature was checked: RFC 9421 §7.2.8. `contentDigest` is the field that the signature
 * covers. Without a body, no digest is needed, and one that is there has to be that of nothing.
 */
export function matchContent(
  { contentDigest: field }: { readonly contentDigest: string | undefined },
  content: Uint8Array,
): void {
  if (field !== undefined) matchContentDigest(field, content);
  else if (content.length > 0) throw new HoldfastError('digest_missing');
}
