import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueClient, loadAuthority } from '@holdfast/certs-scripts';

/** Whom a connection shows. */
export type Holder = 'one' | 'two' | 'expired' | 'future' | 'stranger';

export interface Holding {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly der: Uint8Array;
}

export const NAMES = { one: 'one.suite.example', two: 'two.suite.example' } as const;

const DAYS = 86_400_000;

/** Certificates of the operator's authority for the two clients, and some that only look like that of the first. */
export async function issueCertificates(folder: string): Promise<Readonly<Record<Holder, Holding>>> {
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const authority = await loadAuthority({ certificate: await read('ca.pem'), key: await read('ca.key.pem') });
  const other = await createAuthority({ commonName: 'Another Authority', now: new Date() });
  const issue = async (by: typeof authority, name: string, now = new Date()): Promise<Holding> => {
    const made = await issueClient(by, { commonName: name, dnsNames: [name], now, days: 2 });
    return { cert: made.certificate, key: made.key, der: made.der };
  };
  return {
    one: await issue(authority, NAMES.one),
    two: await issue(authority, NAMES.two),
    expired: await issue(authority, NAMES.one, new Date(Date.now() - 9 * DAYS)),
    future: await issue(authority, NAMES.one, new Date(Date.now() + 9 * DAYS)),
    stranger: await issue(other, NAMES.one),
  };
}
