import type { Authority } from './authority.ts';
import { type Credential, exportCredential, generateKeyPair, SIGNATURE_ALGORITHM } from './credential.ts';
import { type AlternativeNames, alternativeNames, distinguishedName, type Subject } from './names.ts';
import { validity } from './validity.ts';
import { provider, x509 } from './x509.ts';

export interface ServerRequest {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly now: Date;
  readonly days: number;
}

export interface ClientRequest extends Subject, AlternativeNames {
  readonly now: Date;
  readonly days: number;
  /** `serverAuth` makes the certificate that must not pass as a client. */
  readonly usage?: Usage;
}

export interface SelfSignedRequest {
  readonly commonName: string;
  readonly now: Date;
  readonly days: number;
}

type Usage = 'clientAuth' | 'serverAuth';

/**
 * A certificate for a TLS server, named by its subjectAltName only (RFC 9525 §6.3 has no use for the CN,
 * which repeats the first name for people).
 * NOT checked, here and below: whether the authority outlives the certificate.
 */
export async function issueServer(authority: Authority, request: ServerRequest): Promise<Credential> {
  const [commonName] = [...(request.dnsNames ?? []), ...(request.ipAddresses ?? [])];
  if (commonName === undefined) throw new TypeError('a server needs at least one name or address');
  return await issueLeaf(authority, { ...request, commonName, usage: 'serverAuth' });
}

/** A certificate for a TLS client of the PKI method (RFC 8705 §2.1): found by subject or by one SAN entry. */
export async function issueClient(authority: Authority, request: ClientRequest): Promise<Credential> {
  return await issueLeaf(authority, { ...request, usage: request.usage ?? 'clientAuth' });
}

/** A client certificate that nobody vouches for (RFC 8705 §2.2): known by its key alone. */
export async function selfSignClient(request: SelfSignedRequest): Promise<Credential> {
  const keys = await generateKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: distinguishedName(request),
      ...validity(request.now, request.days),
      keys,
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: await leafExtensions(keys.publicKey, 'clientAuth'),
    },
    provider,
  );
  return await exportCredential(certificate, keys.privateKey);
}

async function issueLeaf(
  { issuer, signingKey }: Authority,
  request: ClientRequest & { usage: Usage },
): Promise<Credential> {
  const { publicKey, privateKey } = await generateKeyPair();
  // No serialNumber: the library takes 16 octets from the provider and keeps them positive, which is
  // within RFC 5280 §4.1.2.2 (at most 20 octets).
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: distinguishedName(request),
      issuer: issuer.subjectName,
      ...validity(request.now, request.days),
      publicKey,
      signingKey,
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: [
        ...(await leafExtensions(publicKey, request.usage)),
        await authorityKeyIdentifier(issuer),
        ...alternativeNames(request),
      ],
    },
    provider,
  );
  return await exportCredential(certificate, privateKey);
}

async function leafExtensions(publicKey: CryptoKey, usage: Usage): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey, false, provider),
  ];
}

// RFC 5280 §4.2.1.1: the identifier is copied from the issuer's own, which a kept authority made elsewhere may
// have derived differently.
async function authorityKeyIdentifier(issuer: x509.X509Certificate): Promise<x509.Extension> {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  if (own !== null) return new x509.AuthorityKeyIdentifierExtension(own.keyId);
  return await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, provider);
}
