/**
 * RFC 7515 §2, RFC 4648 §5: base64url without padding, and only the canonical form. Node's decoder also takes
 * padding, white space, the `+/` alphabet and non-zero trailing bits, so that one value would have many spellings:
 * the canonical one is what the octets encode to. Returns undefined for anything else.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url');
  return octets.toString('base64url') === text ? octets : undefined;
}
