import { HoldfastError, metadataUrl } from '@holdfast/proof';
import { readJson } from './document.ts';
import { checkUrl } from './url.ts';

/** What a client needs of RFC 8414 metadata. */
export interface IssuerMetadata {
  readonly tokenEndpoint: string;
  /** RFC 8705 §5: where a client with a certificate goes. */
  readonly mtlsTokenEndpoint: string;
}

/** Fetches the metadata of an issuer, and believes it only if it names that very issuer (RFC 8414 §3.3). */
export async function discover(
  issuer: string,
  fetch: typeof globalThis.fetch,
  allowLoopbackHttp: boolean,
): Promise<IssuerMetadata> {
  checkUrl(issuer, allowLoopbackHttp);
  const response = await fetch(metadataUrl(issuer), {
    headers: { accept: 'application/json' },
    redirect: 'error',
  });
  const metadata = await readJson(response, 'issuer_metadata');
  if (response.status !== 200 || metadata['issuer'] !== issuer)
    throw new HoldfastError('issuer_metadata', { detail: 'issuer' });
  const tokenEndpoint = readEndpoint(metadata['token_endpoint'], allowLoopbackHttp);
  const aliases = metadata['mtls_endpoint_aliases'];
  const alias =
    typeof aliases === 'object' && aliases !== null
      ? (aliases as Record<string, unknown>)['token_endpoint']
      : undefined;
  return {
    tokenEndpoint,
    mtlsTokenEndpoint: alias === undefined ? tokenEndpoint : readEndpoint(alias, allowLoopbackHttp),
  };
}

function readEndpoint(value: unknown, allowLoopbackHttp: boolean): string {
  if (typeof value !== 'string') throw new HoldfastError('issuer_metadata', { detail: 'token_endpoint' });
  return checkUrl(value, allowLoopbackHttp).href;
}
