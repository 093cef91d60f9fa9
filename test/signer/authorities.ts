import { createAuthority, issueClient, issueServer, selfSignClient } from '@holdfast/certs-scripts';

const now = new Date();
const days = 2;
const localhost = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now, days };

/** The authority that the clients of these tests trust, and one that they do not. */
export const authority = await createAuthority({ commonName: 'Test Authority', now });
const stranger = await createAuthority({ commonName: 'Another Authority', now });

export const servers = {
  sound: await issueServer(authority, localhost),
  wrongName: await issueServer(authority, { dnsNames: ['elsewhere.example'], now, days }),
  unknownAuthority: await issueServer(stranger, localhost),
  expired: await issueServer(authority, { ...localhost, now: new Date(now.getTime() - 30 * 86_400_000) }),
};

/** A certificate with its key and the authority, as `tls` of a client takes them. */
export const identities = {
  trader: await identity(issueClient(authority, { commonName: 'trader', now, days })),
  selfSigned: await identity(selfSignClient({ commonName: 'self', now, days })),
};

async function identity(made: Promise<{ certificate: string; key: string; der: Uint8Array }>) {
  const { certificate: cert, key, der } = await made;
  return { tls: { ca: authority.certificate, cert, key }, der: Buffer.from(der) };
}
