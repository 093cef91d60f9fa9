/**
 * Where the metadata of an issuer is: RFC 8414 §3, §3.1. The well-known part is inserted before the issuer's path, and a
 * terminating slash of that path is removed first. The issuer is an https URL without query and fragment.
 */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
}
