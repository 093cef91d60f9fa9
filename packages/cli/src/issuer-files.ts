import { resolve } from 'node:path';
import { givenKeys, type KeyRing } from '@holdfast/issuer';
import { asRefusal, HoldfastError, logFields, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { type AuditTrail, openAuditTrail } from './audit-trail.ts';
import { CommandError } from './command-error.ts';
import type { IssuerFile } from './issuer-file.ts';
import { openIssuerKeys } from './issuer-keys.ts';
import type { Logger } from './logger.ts';
import type { Opened } from './opened.ts';

/** The keys that the configuration names. */
export async function openKeys(
  { config, keys: field, folder }: IssuerFile,
  logger: Logger,
  opened: Opened,
): Promise<KeyRing> {
  if (field === undefined) {
    if (config.signing_keys === undefined) throw new CommandError('signing_keys: is needed where there are no keys');
    return givenKeys(config.signing_keys);
  }
  if (config.signing_keys !== undefined)
    throw new CommandError('keys: not beside signing keys that are given as files');
  const { ring, close } = await openIssuerKeys(field, folder, logger);
  opened.add(close);
  return ring;
}

/** Memory where no file is named. */
export async function openStore(file: string | undefined, folder: string, opened: Opened): Promise<Store> {
  if (file === undefined) return memoryStore();
  const { sqliteStore } = await import('@holdfast/stores/sqlite'); // only here: Node 22 warns of node:sqlite
  try {
    const store = sqliteStore({ path: resolve(folder, file) });
    opened.add(() => store.close());
    return store;
  } catch (thrown) {
    if (thrown instanceof HoldfastError) throw new CommandError(`store: ${file}: ${thrown.detail ?? thrown.message}`);
    throw thrown;
  }
}

/** The audit trail, which goes on in a new file on SIGHUP. */
export async function openTrail(file: string, folder: string, logger: Logger, opened: Opened): Promise<AuditTrail> {
  const trail = await openAuditTrail(resolve(folder, file));
  const reopen = () => {
    trail.reopen().catch((fault: unknown) => logger.error(logFields(asRefusal(fault)), 'the audit trail has no file'));
  };
  process.on('SIGHUP', reopen);
  opened.add(() => process.off('SIGHUP', reopen));
  opened.add(() => trail.close());
  return trail;
}
