import { type Authority, createAuthority, issueClient, issueServer } from '@holdfast/certs-scripts';

export interface Identity {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly der: Uint8Array;
}

/** An authority of this run, with what it has issued. */
export interface Certificates {
  readonly ca: string;
  /** For localhost. */
  readonly server: Omit<Identity, 'der'>;
  client(commonName: string): Promise<Identity>;
}

const DAYS = 2;

export async function createCertificates(): Promise<Certificates> {
  const now = new Date();
  const authority: Authority = await createAuthority({ commonName: 'Bench Authority', now });
  const server = await issueServer(authority, { dnsNames: ['localhost'], now, days: DAYS });
  return {
    ca: authority.certificate,
    server: { cert: server.certificate, key: server.key },
    async client(commonName) {
      const { certificate, key, der } = await issueClient(authority, { commonName, now, days: DAYS });
      return { cert: certificate, key, der };
    },
  };
}
