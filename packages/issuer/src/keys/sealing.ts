import { randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { unusable } from './refusal.ts';

const PASSPHRASE = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM' };
const FILE_KEY = { alg: 'dir', enc: 'A256GCM' };
const ITERATIONS = 600_000; // about 0.2 s of a core; OWASP asks for 210 000 with SHA-512
const MOST_ITERATIONS = 5_000_000; // what a file may cost us
const LEAST = 16; // characters of a passphrase, which only machines have to remember

/** Encrypts with the random key of one file, which is behind these and nowhere else. */
export interface Sealing {
  /** That key under the passphrase: a compact JWE by PBES2 (RFC 7518 §4.8). */
  readonly locked: string;
  /** A compact JWE (RFC 7516 §7.1) by AES-256-GCM. `cty` says what the text is, as `jwk+json` (RFC 7517 §7). */
  seal(text: string, cty: string): Promise<string>;
  /** What was sealed; undefined when it was not, with this key. NOT checked: `cty`. */
  open(jwe: string): Promise<string | undefined>;
}

/** A passphrase costs 0.2 s for each file that it opens, on Node's thread pool, however often the file changes. */
export interface Passphrase {
  /** For a new file. */
  lock(): Promise<Sealing>;
  /** For the file with this locked key. Throws `key_unusable`. */
  unlock(locked: string): Promise<Sealing>;
}

/** Throws `key_unusable` for a passphrase that could be found by trying. */
export function createPassphrase(text: string): Passphrase {
  if (text.length < LEAST) throw unusable(`the passphrase is shorter than ${LEAST} characters`);
  const passphrase = Buffer.from(text.normalize('NFC')); // the same letters, however an editor spells them
  let known: Sealing | undefined;
  return {
    async lock() {
      const fileKey = randomBytes(32);
      const jwe = new CompactEncrypt(fileKey).setProtectedHeader(PASSPHRASE);
      const locked = await jwe.setKeyManagementParameters({ p2c: ITERATIONS }).encrypt(passphrase);
      known = sealingBy(fileKey, locked);
      return known;
    },
    async unlock(locked) {
      if (known?.locked === locked) return known;
      const fileKey = await decrypt(locked, passphrase, PASSPHRASE);
      if (fileKey === undefined) throw unusable('the passphrase is wrong, or the file was changed');
      known = sealingBy(fileKey.plaintext, locked);
      return known;
    },
  };
}

function sealingBy(fileKey: Uint8Array, locked: string): Sealing {
  return {
    locked,
    seal: (text, cty) =>
      new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ ...FILE_KEY, cty }).encrypt(fileKey),
    async open(jwe) {
      const opened = await decrypt(jwe, fileKey, FILE_KEY);
      return opened && Buffer.from(opened.plaintext).toString();
    },
  };
}

/** Undefined for whatever it cannot decrypt: nothing of it is repeated. */
async function decrypt(jwe: string, key: Uint8Array, { alg, enc }: typeof PASSPHRASE) {
  try {
    return await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [alg],
      contentEncryptionAlgorithms: [enc],
      maxPBES2Count: MOST_ITERATIONS,
    });
  } catch {
    return undefined;
  }
}
