import { X509Certificate } from 'node:crypto';
import { createAuthority, issueClient } from '@holdfast/certs-scripts';
import { x5tS256 } from '@holdfast/proof';
import { createVerifier } from '@holdfast/verifier';
import { AUDIENCE, createIssuer, ISSUER } from '../../scene/issuer.ts';
import { mtlsRequest, ORIGIN } from '../../scene/request.ts';
import { costs } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';

const CLIENTS = 20;

/** A certificate-bound token (RFC 8705 §3) that is known. TLS has verified the certificate; that is not in here. */
export function mtlsCase(): Case {
  return { name: 'verify mTLS-bound', group: 'verify', bars: [costs(5)], open, most: 10_000 };
}

async function open(): Promise<Prepare> {
  const issuer = await createIssuer();
  const { jwks } = issuer;
  const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, origin: ORIGIN, jwks });
  const certificates = await makeCertificates();
  const tokens = await Promise.all(certificates.map((each) => issuer.token({ 'x5t#S256': x5tS256(each) })));
  return (count) => {
    const requests = Array.from({ length: count }, (_, i) => {
      const [token, certificate] = [tokens[i % CLIENTS], certificates[i % CLIENTS]];
      if (token === undefined || certificate === undefined) throw new Error('fewer certificates than clients');
      return mtlsRequest(token, Uint8Array.from(certificate)); // each connection has its own copy
    });
    return () => inFlight(requests, 1, (request) => verifier.verify(request));
  };
}

async function makeCertificates(): Promise<Uint8Array[]> {
  const now = new Date();
  const authority = await createAuthority({ commonName: 'Bench Authority', now });
  const clients = Array.from({ length: CLIENTS }, (_, i) =>
    issueClient(authority, { commonName: `client-${i}`, now, days: 2 }),
  );
  return (await Promise.all(clients)).map(({ certificate }) => new X509Certificate(certificate).raw);
}
