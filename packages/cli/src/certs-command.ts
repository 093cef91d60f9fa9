import { ensureCertificates } from '@holdfast/certs-scripts';

/** Makes a set of certificates in a folder, or leaves a good one alone. */
export async function makeCertificates(directory: string, print: (line: string) => void): Promise<void> {
  const { directory: made } = await ensureCertificates(directory, { now: new Date() });
  print(`certificates are in ${made}`);
}
