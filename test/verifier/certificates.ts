import { type Credential, createAuthority, issueClient, issueServer, selfSignClient } from '@holdfast/certs-scripts';

const DAY = 24 * 60 * 60 * 1000;

export interface Certificates {
  readonly ca: string;
  readonly server: Credential;
  /** Two clients of the authority. */
  readonly mine: Credential;
  readonly other: Credential;
  /** Nobody vouches for it, and it has been past for a year. */
  readonly expiredSelfSigned: Credential;
}

/** An authority with a server and clients; TLS needs the real time. */
export async function makeCertificates(): Promise<Certificates> {
  const now = new Date();
  const authority = await createAuthority({ commonName: 'Test Authority', now });
  const longAgo = new Date(now.getTime() - 400 * DAY);
  const [server, mine, other, expiredSelfSigned] = await Promise.all([
    issueServer(authority, { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now, days: 2 }),
    issueClient(authority, { commonName: 'mine', now, days: 2 }),
    issueClient(authority, { commonName: 'other', now, days: 2 }),
    selfSignClient({ commonName: 'mine', now: longAgo, days: 2 }),
  ]);
  return { ca: authority.certificate, server, mine, other, expiredSelfSigned };
}
