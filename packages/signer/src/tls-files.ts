import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { HoldfastError } from '@holdfast/proof';
import type { TlsIdentity } from './transport.ts';

/** The client's side of TLS in files (PEM), which are looked at again while it runs. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Milliseconds between two looks. Default 10 000. */
  readonly interval?: number;
}

/** What the files hold now. */
export interface ReadFiles {
  readonly tls: TlsIdentity;
  /** Another one when a file was replaced or written to. */
  readonly version: string;
}

/** Throws TypeError for both together, of which one would count for nothing: the authority to trust, for instance. */
export function isTlsFiles(tls: TlsIdentity & TlsFiles): tls is TlsFiles {
  const { ca, cert, key, caFile, certFile, keyFile } = tls;
  const [hasText, hasFiles] = [
    [ca, cert, key],
    [caFile, certFile, keyFile],
  ].map((all) => all.some((each) => each !== undefined));
  if (hasText && hasFiles) throw new TypeError('tls: PEM or files, not both');
  return hasFiles === true;
}

/**
 * Reads them. Throws `certificate_unusable` for what cannot be read, for a certificate without its key, and for two that do
 * not belong together, as while they are being replaced one after the other.
 */
export function readTlsFiles(files: TlsFiles): ReadFiles {
  const { caFile, certFile, keyFile } = files;
  if ((certFile === undefined) !== (keyFile === undefined)) throw unusable('certFile and keyFile: both, or none');
  const version = versionOf(files);
  const [ca, cert, key] = [caFile, certFile, keyFile].map(readPem);
  if (cert !== undefined && key !== undefined) checkPair(cert, key);
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return { tls, version };
}

/** Changes when one of the files does. Throws `certificate_unusable` when one is gone. */
export function versionOf({ caFile, certFile, keyFile }: TlsFiles): string {
  return [caFile, certFile, keyFile]
    .map((file) => {
      if (file === undefined) return '';
      try {
        const { ino, size, mtimeMs, ctimeMs } = statSync(file);
        return [ino, size, mtimeMs, ctimeMs].join(':');
      } catch (cause) {
        throw unusable('a file that cannot be read', cause);
      }
    })
    .join(' ');
}

function readPem(file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  const pem = readOctets(file);
  if (pem.length === 0) throw unusable('an empty file'); // as while it is being written
  return pem;
}

function readOctets(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unusable('a file that cannot be read', cause);
  }
}

// The causes are left out: they may quote what could not be read
function checkPair(cert: Buffer, key: Buffer): void {
  let belongs = false;
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw unusable('no certificate or no private key');
  }
  if (!belongs) throw unusable('the key is not that of the certificate');
}

function unusable(detail: string, cause?: unknown): HoldfastError {
  return new HoldfastError('certificate_unusable', { detail, ...(cause === undefined ? {} : { cause }) });
}
