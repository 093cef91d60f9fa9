import { type KeyRing, openKeyFile } from '@holdfast/issuer';
import { type HoldfastError, logFields } from '@holdfast/proof';
import { namingTheFile } from './keys-command.ts';
import { readKeysConfig } from './keys-config.ts';
import type { Logger } from './logger.ts';

export interface IssuerKeys {
  readonly ring: KeyRing;
  close(): void;
}

const EVERY = 1000; // ms between two looks at the clock and the file, also where nobody asks for a token

/** Opens the field `keys` of an issuer's configuration, and follows the file until it is closed. */
export async function openIssuerKeys(value: unknown, folder: string, logger: Logger): Promise<IssuerKeys> {
  const { file, ...config } = await readKeysConfig(value, folder);
  const ring = await namingTheFile(file, () =>
    openKeyFile({ ...config, onFault: (fault) => logger.error(fields(fault), 'keys stay as they were') }),
  );
  ring.watch((change) => logger.info(change, 'key changed'));
  const timer = setInterval(() => void ring.renew(), EVERY);
  return { ring, close: () => clearInterval(timer) };
}

// What is wrong with a key file is said in words of our own
function fields(fault: HoldfastError): Record<string, unknown> {
  return { ...logFields(fault), detail: fault.detail };
}
