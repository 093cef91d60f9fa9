import type { Parts } from './assemble.ts';
import { type Credentials, createIdentity } from './identity.ts';
import { watchTlsFiles } from './tls-watch.ts';

/** How a client becomes somebody else, by its owner or by the files of its certificate. One change after another. */
export interface Replacement {
  replace(changed: Partial<Credentials>): Promise<void>;
  /** Looks at the files now; nothing where there are none. */
  reload(): Promise<void>;
  /** Resolves when the last change has ended. From now on there are none. */
  end(): Promise<void>;
}

export function createReplacement({ context: { identities }, settings, files, ...parts }: Parts): Replacement {
  let { credentials } = parts;
  let last: Promise<unknown> = Promise.resolve();
  let isOver = false;

  function replace(changed: Partial<Credentials>): Promise<void> {
    if (isOver) return Promise.reject(new TypeError('the client is closed'));
    const replaced = last.then(() => become({ ...credentials, ...changed }, changed.tls !== undefined));
    last = replaced.catch(() => {});
    return replaced;
  }

  async function become(next: Credentials, needsConnections: boolean): Promise<void> {
    const transport = needsConnections ? undefined : identities.current.transport;
    await identities.replace(createIdentity(next, settings, transport));
    credentials = next;
  }

  const watch = files && watchTlsFiles(files.files, files.version, (tls) => replace({ tls }));
  return {
    replace,
    async reload() {
      await watch?.look();
    },
    async end() {
      isOver = true;
      watch?.stop();
      await last;
    },
  };
}
