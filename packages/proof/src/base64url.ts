const ALPHABET = /^[A-Za-z0-9_-]*$/;

/**
 * RFC 7515 §2, RFC 4648 §5: base64url without padding, and only the canonical form. Node's decoder also takes
 * padding, white space, the `+/` alphabet and non-zero trailing bits, so that one value would have many spellings.
 * Returns undefined for anything else.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  return isCanonicalBase64url(text) ? Buffer.from(text, 'base64url') : undefined;
}

export function isCanonicalBase64url(text: string): boolean {
  if (!ALPHABET.test(text)) return false;
  const last = text.charAt(text.length - 1);
  switch (text.length % 4) {
    case 1:
      return false;
    case 2:
      return 'AQgw'.includes(last); // the last four bits are zero
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last); // the last two bits are zero
    default:
      return true;
  }
}
