import { FORM, SCOPE } from '../../scene/applicants.ts';
import type { Certified, CertifiedClient } from '../../scene/certified.ts';
import { openHoldfastIssuer, requestToken } from '../../scene/holdfast-issuer.ts';
import { AUDIENCE } from '../../scene/issuer.ts';
import { asReceived } from '../../scene/request.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { moreThan } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { at } from './signed-pool.ts';

/**
 * A token for client_credentials that is bound to the certificate by which its client authenticates: tls_client_auth (RFC 8705
 * §2.1, §3). TLS has verified the chain; that is not in here.
 */
export function certificateCase(scenes: Scenes): Case {
  return {
    name: 'issue to a client with a certificate',
    group: 'issue',
    bars: [moreThan(['raw sign ES256'])],
    open: async () => toCertificates(await scenes.certified()),
    onlyFull: true,
  };
}

async function toCertificates({ clients }: Certified): Promise<Prepare> {
  const issuer = await openHoldfastIssuer([], { config: { clients: clients.map(registered) } });
  return (count) => {
    const requests = Array.from({ length: count }, (_, i) => request(at(clients, i)));
    return () =>
      inFlight(requests, 1, async (request) => {
        const { status } = await requestToken(issuer, request);
        if (status !== 200) throw new Error(`a good request got ${status}`);
      });
  };
}

function registered({ commonName }: CertifiedClient): object {
  return {
    client_id: commonName,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: `CN=${commonName}`,
    tls_client_certificate_bound_access_tokens: true,
    scope: SCOPE,
  };
}

function request({ commonName, certificate }: CertifiedClient) {
  const form = { grant_type: 'client_credentials', client_id: commonName, scope: SCOPE, resource: AUDIENCE };
  return {
    headers: FORM.map(asReceived),
    body: asReceived(new URLSearchParams(form).toString()),
    certificate: Uint8Array.from(certificate), // each connection has its own copy
    certificateTrusted: true,
  };
}
