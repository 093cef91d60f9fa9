import { HoldfastError } from '@holdfast/proof';
import { publish } from './events.ts';
import { readTlsFiles, type TlsFiles, versionOf } from './tls-files.ts';
import type { TlsIdentity } from './transport.ts';

export interface TlsWatch {
  /** Looks now. Rejects when there is something new that cannot be used; it is tried again at the next look. */
  look(): Promise<void>;
  stop(): void;
}

const INTERVAL = 10_000; // ms

/**
 * Looks at the files now and then, and hands on what is new. By the names that it was given, not by events of the file
 * system: files are replaced by renaming, by links that are turned over, and on file systems that tell nobody.
 */
export function watchTlsFiles(files: TlsFiles, first: string, onChange: (tls: TlsIdentity) => Promise<void>): TlsWatch {
  let version = first;
  let looking: Promise<void> | undefined;

  async function lookOnce(): Promise<void> {
    if (versionOf(files) === version) return;
    const found = readTlsFiles(files);
    await onChange(found.tls);
    version = found.version;
  }

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const timer = setInterval(() => {
    look().catch((thrown: unknown) => {
      if (thrown instanceof HoldfastError && thrown.code !== 'certificate_unusable') return; // published where it was refused
      const detail = thrown instanceof HoldfastError ? thrown.detail : undefined;
      publish({ event: 'identity_refused', code: 'certificate_unusable', detail });
    });
  }, files.interval ?? INTERVAL).unref();
  return { look, stop: () => clearInterval(timer) };
}
