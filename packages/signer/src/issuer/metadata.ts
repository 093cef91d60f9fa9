import { HoldfastError, isJsonObject, metadataUrl } from '@holdfast/proof';
import { checkUrl } from '../url.ts';
import { readJson } from './document.ts';

/** The endpoints that a client calls, as RFC 8414 §2, RFC 9126 §5 name them. */
export type Endpoint =
  | 'token_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'authorization_endpoint'
  | 'revocation_endpoint';

/** What a client needs of RFC 8414 metadata. */
export interface IssuerMetadata {
  readonly issuer: string;
  /** Whether the issuer has it. */
  offers(endpoint: Endpoint): boolean;
  /** Its URL; for a client with a certificate that of the alias, where there is one (RFC 8705 §5). Throws `issuer_metadata`. */
  urlOf(endpoint: Endpoint, withCertificate: boolean): string;
  /** RFC 9207 §3: whether the issuer says in each authorization response that it is its own. */
  readonly statesIssuer: boolean;
  /** Where the keys are that sign for the issuer. Throws `issuer_metadata`. */
  readonly jwksUri: string;
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
  const { mtls_endpoint_aliases: aliases } = metadata;
  // Read when it is called: a member that nobody calls may be what it likes
  const urlOf = (member: string, from: Readonly<Record<string, unknown>>) =>
    readUrl(from[member], member, allowLoopbackHttp);
  return {
    issuer,
    offers: (endpoint) => metadata[endpoint] !== undefined,
    urlOf(endpoint, withCertificate) {
      const hasAlias = withCertificate && isJsonObject(aliases) && aliases[endpoint] !== undefined;
      return urlOf(endpoint, hasAlias ? aliases : metadata);
    },
    statesIssuer: metadata['authorization_response_iss_parameter_supported'] === true,
    get jwksUri() {
      return urlOf('jwks_uri', metadata);
    },
  };
}

function readUrl(value: unknown, member: string, allowLoopbackHttp: boolean): string {
  if (typeof value !== 'string') throw new HoldfastError('issuer_metadata', { detail: member });
  return checkUrl(value, allowLoopbackHttp).href;
}
