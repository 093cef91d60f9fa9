import { X509Certificate } from 'node:crypto';
import { createAuthority, issueClient } from '@holdfast/certs-scripts';
import { x5tS256 } from '@holdfast/proof';
import { createSigner, generateKey, type Signer } from '@holdfast/signer';
import { createVerifier, type Verifier } from '@holdfast/verifier';
import { AUDIENCE, createIssuer, ISSUER } from './issuer.ts';
import { ORIGIN } from './request.ts';

/** A client with a certificate, and with a key of its own beside it. */
export interface CertifiedClient {
  /** Of its certificate's subject, which has nothing else. */
  readonly commonName: string;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly signer: Signer;
  /** RFC 8705 §3.1: bound to the certificate alone. */
  readonly token: string;
  /** Bound to the certificate and to the key of `signer`. */
  readonly tokenOfBoth: string;
}

export interface Certified {
  readonly verifier: Verifier;
  /** One that has seen nobody yet. */
  openVerifier(): Verifier;
  readonly clients: readonly CertifiedClient[];
}

const CLIENTS = 20;

export async function openCertified(): Promise<Certified> {
  const issuer = await createIssuer();
  const { jwks } = issuer;
  const clients: CertifiedClient[] = [];
  const names = Array.from({ length: CLIENTS }, (_, i) => `client-${i}`);
  for (const [i, certificate] of (await createCertificates(names)).entries()) {
    const signer = createSigner({ key: await generateKey('ES256') });
    const x5t = { 'x5t#S256': x5tS256(certificate) };
    const token = await issuer.token(x5t);
    const tokenOfBoth = await issuer.token({ jkt: signer.jkt, ...x5t });
    clients.push({ commonName: names[i] ?? '', certificate, signer, token, tokenOfBoth });
  }
  const openVerifier = () => createVerifier({ issuer: ISSUER, audience: AUDIENCE, origin: ORIGIN, jwks });
  return { verifier: openVerifier(), openVerifier, clients };
}

/** Leaves in DER with these common names, by one authority. */
async function createCertificates(names: readonly string[]): Promise<Uint8Array[]> {
  const now = new Date();
  const authority = await createAuthority({ commonName: 'Bench Authority', now });
  const leaves = names.map((commonName) => issueClient(authority, { commonName, now, days: 2 }));
  return (await Promise.all(leaves)).map(({ certificate }) => new X509Certificate(certificate).raw);
}
