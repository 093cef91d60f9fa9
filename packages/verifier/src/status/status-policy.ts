/**
 * Whether the status of a JWT is looked up in the list that it refers to (Token Status List): where it refers to one; or
 * always, so that a token without reference is refused; or never, which leaves it to `isRevoked` and `revoke`.
 */
export type StatusPolicy = (typeof STATUS_POLICIES)[number];

export const STATUS_POLICIES = ['optional', 'required', 'off'] as const;

/**
 * What the URIs of an issuer's lists begin with: what was given, or the issuer's own origin. Undefined for an issuer that
 * is no https URL. Throws TypeError for what cannot begin one.
 */
export function statusPrefix(issuer: string, given: string | undefined): string | undefined {
  const url = URL.parse(given ?? issuer);
  const isSound = url?.protocol === 'https:' && url.username === '' && url.password === '';
  if (given === undefined) return isSound ? `${url.origin}/` : undefined;
  if (!isSound || /[?#]/.test(given)) throw new TypeError('statusLists: an https URL without query and fragment');
  // With the slash, or a prefix of https://a.example/x would also be one of https://a.example/x-rays
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
