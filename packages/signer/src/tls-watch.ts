import { HoldfastError } from '@holdfast/proof';
import { publish } from './events.ts';
import { readTlsFiles, type TlsFiles, versionOf } from './tls-files.ts';
import type { TlsIdentity } from './transport.ts';

export interface TlsWatch {
  /** Looks now, or again after a look that is under way. Rejects when there is something new that cannot be used; it is tried again at the next look. */
  look(): Promise<void>;
  stop(): void;
}

const INTERVAL = 10_000; // ms
const LONGEST = 2 ** 31 - 1; // what a timer can hold; it would take more for one millisecond

/**
 * Looks at the files now and then, and hands on what is new. By the names that it was given, not by events of the file
 * system: files are replaced by renaming, by links that are turned over, and on file systems that tell nobody.
 */
export function watchTlsFiles(files: TlsFiles, first: string, onChange: (tls: TlsIdentity) => Promise<void>): TlsWatch {
  const { interval = INTERVAL } = files;
  if (!(interval >= 1 && interval <= LONGEST)) throw new TypeError('tls.interval: milliseconds, 1 to 2 147 483 647');
  let version = first;
  let last: Promise<void> = Promise.resolve();
  let underway = 0;
  let isStopped = false;

  async function lookOnce(): Promise<void> {
    if (isStopped || versionOf(files) === version) return;
    const found = readTlsFiles(files);
    await onChange(found.tls);
    version = found.version;
  }

  /** One after the other: what is asked for now may be newer than what the look under way has found. */
  function look(): Promise<void> {
    underway += 1;
    const looked = last.then(lookOnce).finally(() => {
      underway -= 1;
    });
    last = looked.catch(() => {});
    return looked;
  }

  const timer = setInterval(() => {
    if (underway > 0) return;
    look().catch((thrown: unknown) => {
      if (!(thrown instanceof HoldfastError && thrown.code === 'certificate_unusable')) return; // published where it was refused
      publish({ event: 'identity_refused', code: thrown.code, detail: thrown.detail });
    });
  }, interval).unref();
  return {
    look,
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
