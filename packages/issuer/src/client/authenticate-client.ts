import { decodeBase64url, fieldValues, HoldfastError } from '@holdfast/proof';
import type { IssuerRequest, Parameters } from '../form.ts';
import { hasSubject } from './certificate-subject.ts';
import type { Registered, Registry } from './clients.ts';
import { type Assertion, type AssertionExpectation, verifyAssertion } from './private-key-jwt.ts';

declare const authenticated: unique symbol;

/** Evidence of who asks. Only `authenticateClient` makes it. */
export interface Authenticated<R extends Registered> {
  readonly [authenticated]: true;
  readonly client: R;
  /** Present for private_key_jwt: its jti is still to be used up. */
  readonly assertion: Assertion | undefined;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2: exactly one way, and the one that the client registered. */
export async function authenticateClient<R extends Registered>(
  request: IssuerRequest,
  form: Parameters,
  registry: Registry<R>,
  expected: AssertionExpectation,
): Promise<Authenticated<R>> {
  const assertion = readAssertion(form);
  refuseSecrets(request, form, assertion);
  const clientId = form.get('client_id') ?? (assertion === undefined ? undefined : claimedClient(assertion));
  if (clientId === undefined) throw new HoldfastError('client_unauthenticated');
  const client = await registry.find(clientId);
  if ((assertion !== undefined) !== (client.authentication.token_endpoint_auth_method === 'private_key_jwt')) {
    throw new HoldfastError(assertion === undefined ? 'client_unauthenticated' : 'client_authentication_unsupported');
  }
  if (assertion === undefined) await checkCertificate(request, client);
  const verified = assertion === undefined ? undefined : await verifyAssertion(assertion, client, expected);
  return { client, assertion: verified } as Authenticated<R>;
}

async function checkCertificate({ certificate, certificateTrusted }: IssuerRequest, client: Registered): Promise<void> {
  if (certificate === undefined) throw new HoldfastError('client_certificate_missing');
  if (client.authentication.token_endpoint_auth_method === 'self_signed_tls_client_auth') {
    // RFC 8705 §2.2: no chain, the very certificate
    if (!(await client.keys.hasCertificate(certificate))) throw new HoldfastError('client_certificate_mismatch');
    return;
  }
  // RFC 8705 §2.1: the chain was validated by the TLS library, and the subject is the one registered
  if (certificateTrusted !== true) throw new HoldfastError('client_certificate_untrusted');
  if (client.subject === undefined || !hasSubject(certificate, client.subject)) {
    throw new HoldfastError('client_certificate_mismatch');
  }
}

function readAssertion(form: Parameters): string | undefined {
  const assertion = form.get('client_assertion');
  const type = form.get('client_assertion_type');
  if (assertion === undefined && type === undefined) return undefined;
  if (assertion === undefined || type !== ASSERTION_TYPE) throw new HoldfastError('assertion_malformed');
  return assertion;
}

// FAPI 2.0 §5.3.2.1: no shared secrets, in whatever place
function refuseSecrets(request: IssuerRequest, form: Parameters, assertion: string | undefined): void {
  const secrets = fieldValues(request, 'authorization').length + (form.get('client_secret') === undefined ? 0 : 1);
  if (secrets === 0) return;
  const several = secrets > 1 || assertion !== undefined;
  throw new HoldfastError(several ? 'client_authentication_ambiguous' : 'client_authentication_unsupported');
}

// A stranger's word, used to look the client up; the signature by that client's own key follows
function claimedClient(assertion: string): string | undefined {
  const payload = decodeBase64url(assertion.split('.')[1] ?? '');
  try {
    const { sub } = JSON.parse(payload?.toString() ?? '') as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    throw new HoldfastError('assertion_malformed');
  }
}
