import { createIssuer, isGrantId } from '@holdfast/issuer';
import { CommandError, UsageError } from './command-error.ts';
import { readIssuerFile } from './issuer-file.ts';
import { openKeys, openStore, openTrail } from './issuer-files.ts';
import { createLogger } from './logger.ts';
import { createOpened } from './opened.ts';

export interface RevokeCommandOptions {
  /** As the audit trail names it. */
  readonly grant: string | undefined;
  /** Path of the issuer's configuration, JSON. */
  readonly config: string | undefined;
  readonly print: (line: string) => void;
}

/** Ends a grant of an issuer that may be running: it reads the same store. Recorded in the same audit trail. */
export async function revokeGrant({ grant, config: path, print }: RevokeCommandOptions): Promise<void> {
  if (grant === undefined || path === undefined) throw new UsageError('usage: holdfast revoke GRANT --config FILE');
  if (!isGrantId(grant)) throw new UsageError('revoke: not the id of a grant, as the audit trail has it');
  const file = await readIssuerFile(path);
  if (file.store === undefined) throw new CommandError('store: is needed; what is in memory nobody else can end');
  const opened = createOpened();
  try {
    const logger = createLogger(process.stderr);
    const keys = await openKeys(file, logger, opened);
    const store = await openStore(file.store, file.folder, opened);
    const trail = file.audit === undefined ? undefined : await openTrail(file.audit, file.folder, logger, opened);
    const { config, login } = file;
    const issuer = await createIssuer({
      config,
      store,
      keys,
      ...(login && { login }),
      ...(trail && { audit: trail.record }),
    });
    await issuer.revokeGrant(grant);
    print(`revoked ${grant}`);
  } finally {
    await opened.close();
  }
}
