import { hash, randomBytes } from 'node:crypto';
import { CompactEncrypt } from 'jose';

/**
 * The text of a key file without keys, by jose alone. Its passphrase is stretched a thousand times, and not as often as
 * that of a file which is made where none was; a file keeps its lock when its keys change, so all that follows costs little.
 */
export async function emptyKeyFile(passphrase: string): Promise<string> {
  const fileKey = randomBytes(32);
  const locked = await new CompactEncrypt(fileKey)
    .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM' })
    .setKeyManagementParameters({ p2c: 1000 })
    .encrypt(Buffer.from(passphrase));
  const seal = await new CompactEncrypt(Buffer.from(hash('sha256', '[]', 'hex')))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'holdfast-keys' })
    .encrypt(fileKey);
  return JSON.stringify({ holdfast_keys: 1, locked, keys: [], seal });
}
