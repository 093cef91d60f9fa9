/** RFC 8707 §2: an absolute URI without a fragment. Throws TypeError. */
export function checkResource(resource: string | undefined): void {
  if (resource === undefined || (URL.canParse(resource) && !resource.includes('#'))) return;
  throw new TypeError('resource: an absolute URI without a fragment is expected');
}
