import { type Fetching, fetchJson, HoldfastError, type JsonObject, metadataUrl } from '@holdfast/proof';

/** Throws TypeError for an issuer that has no metadata (RFC 8414 §2), `unless` what it would tell is given. */
export function checkDiscoverable(issuer: string, unless: string): void {
  if (!URL.canParse(issuer) || !/^https:[^?#]+$/.test(issuer)) {
    throw new TypeError(`issuer: an https URL without query and fragment, unless ${unless} is given`);
  }
}

export async function fetchMetadata(fetching: Fetching, issuer: string): Promise<JsonObject> {
  const metadata = await fetchJson(fetching, metadataUrl(issuer));
  // RFC 8414 §3.3: identical, or not used
  if (metadata['issuer'] !== issuer) throw new HoldfastError('issuer_unavailable', { detail: 'issuer differs' });
  return metadata;
}

/** RFC 8414 §2: a URL of the metadata, which has to be https. */
export function endpointOf(metadata: JsonObject, member: 'jwks_uri' | 'introspection_endpoint'): string {
  const url = metadata[member];
  if (typeof url !== 'string' || !url.startsWith('https://')) {
    throw new HoldfastError('issuer_unavailable', { detail: member });
  }
  return url;
}
