import { join } from 'node:path';

/** Paths of one certificate and its key, both PEM. */
export interface FilePair {
  readonly certificate: string;
  readonly key: string;
}

/** What a folder of certificates holds. Everything under `wrong` must be refused, each for one reason. */
export interface CertificatePaths {
  readonly directory: string;
  readonly authority: FilePair;
  /** localhost, 127.0.0.1 and ::1. */
  readonly server: FilePair;
  readonly clients: {
    /** CN=trader-mtls,O=Holdfast Demo (RFC 8705 §2.1). */
    readonly traderMtls: FilePair;
    /** RFC 8705 §2.2. */
    readonly traderSelfSigned: FilePair;
    /** CN=thief,O=Holdfast Demo, of the same authority. */
    readonly thief: FilePair;
  };
  /** The clients here have the subject of traderMtls. */
  readonly wrong: {
    readonly expiredClient: FilePair;
    readonly notYetValidClient: FilePair;
    readonly otherAuthority: FilePair;
    readonly otherAuthorityClient: FilePair;
    readonly expiredServer: FilePair;
    readonly wrongNameServer: FilePair;
  };
}

/** One certificate of the set: enough to make it, and to tell whether a file still is it. */
export interface Entry {
  /** The path in the folder, without `.pem` and `.key.pem`. */
  readonly stem: string;
  readonly kind: 'authority' | 'server' | 'client' | 'selfSigned';
  readonly commonName: string;
  readonly organization?: string;
  /** The stem of the authority that signs it; itself when left out. */
  readonly signedBy?: 'ca' | 'wrong/other-authority';
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** When it is valid: from now on unless given. */
  readonly time?: 'past' | 'future';
}

const trader = { kind: 'client', commonName: 'trader-mtls', organization: 'Holdfast Demo' } as const;
const loopback = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] };

export const ENTRIES: readonly Entry[] = [
  { stem: 'ca', kind: 'authority', commonName: 'Holdfast Demo Authority' },
  { stem: 'server', kind: 'server', signedBy: 'ca', commonName: 'localhost', ...loopback },
  { stem: 'clients/trader-mtls', signedBy: 'ca', ...trader },
  { stem: 'clients/trader-self-signed', kind: 'selfSigned', commonName: 'trader-self-signed' },
  { stem: 'clients/thief', signedBy: 'ca', ...trader, commonName: 'thief' },
  { stem: 'wrong/expired-client', signedBy: 'ca', time: 'past', ...trader },
  { stem: 'wrong/not-yet-valid-client', signedBy: 'ca', time: 'future', ...trader },
  { stem: 'wrong/other-authority', kind: 'authority', commonName: 'Other Authority' },
  { stem: 'wrong/other-authority-client', signedBy: 'wrong/other-authority', ...trader },
  {
    stem: 'wrong/expired-server',
    kind: 'server',
    signedBy: 'ca',
    time: 'past',
    commonName: 'localhost',
    ...loopback,
  },
  {
    stem: 'wrong/wrong-name-server',
    kind: 'server',
    signedBy: 'ca',
    commonName: 'elsewhere.example',
    dnsNames: ['elsewhere.example'],
  },
];

export function certificatePaths(directory: string): CertificatePaths {
  const pair = (stem: string) => filePair(directory, stem);
  return {
    directory,
    authority: pair('ca'),
    server: pair('server'),
    clients: {
      traderMtls: pair('clients/trader-mtls'),
      traderSelfSigned: pair('clients/trader-self-signed'),
      thief: pair('clients/thief'),
    },
    wrong: {
      expiredClient: pair('wrong/expired-client'),
      notYetValidClient: pair('wrong/not-yet-valid-client'),
      otherAuthority: pair('wrong/other-authority'),
      otherAuthorityClient: pair('wrong/other-authority-client'),
      expiredServer: pair('wrong/expired-server'),
      wrongNameServer: pair('wrong/wrong-name-server'),
    },
  };
}

export function filePair(directory: string, stem: string): FilePair {
  return { certificate: join(directory, `${stem}.pem`), key: join(directory, `${stem}.key.pem`) };
}
