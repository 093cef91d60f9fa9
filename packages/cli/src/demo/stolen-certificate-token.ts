import { readFile } from 'node:fs/promises';
import type { Cast } from './cast.ts';
import { refused, type Scenario } from './scenario.ts';

/** Somebody holds a certificate-bound token, and not the key of the certificate. RFC 8705 §3, RFC 9440 §4. */
export function stolenCertificateTokenScenarios(cast: Cast): readonly Scenario[] {
  const { mtls, thief, thiefWithCertificate, deployment } = cast;
  const url = `${deployment.facts.mtlsResource}/orders`;
  const headers = async () => ({ authorization: `Bearer ${(await mtls.token()).accessToken}` });

  return [
    refused('stolen certificate-bound token, no certificate', 'certificate_missing', async () =>
      thief.send({ url, headers: await headers() }),
    ),
    refused("stolen certificate-bound token, another client's certificate", 'certificate_mismatch', async () =>
      thiefWithCertificate.send({ url, headers: await headers() }),
    ),
    refused('stolen certificate-bound token, forged Client-Cert header', 'certificate_missing', async () => {
      const pem = await readFile(deployment.certificates.clients.traderMtls.certificate, 'utf8');
      const der = pem.replace(/-----[A-Z ]+-----|\s/g, '');
      return thief.send({ url, headers: { ...(await headers()), 'client-cert': `:${der}:` } });
    }),
    refused('stolen certificate-bound token under the DPoP scheme', 'proof_missing', async () =>
      thief.send({ url, headers: { authorization: `DPoP ${(await mtls.token()).accessToken}` } }),
    ),
  ];
}
