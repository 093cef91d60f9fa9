import { CompactEncrypt, compactDecrypt } from 'jose';
import { unusable } from './refusal.ts';

const ALG = 'PBES2-HS512+A256KW';
const ENC = 'A256GCM';
const ITERATIONS = 600_000; // about 0.2 s; OWASP asks for 210 000 with SHA-512
const LEAST = 16; // characters of a passphrase, which only machines need to remember
const MOST_ITERATIONS = 5_000_000; // what a file may cost us

/** What is inside, so that nothing is taken for something else. RFC 7517 §7 names the first one. */
export type Content = 'jwk+json' | 'holdfast-keys';

/** Encrypts under a passphrase, which is behind these two and nowhere else. Works on Node's thread pool. */
export interface Sealing {
  /** A compact JWE (RFC 7516 §7.1) by PBES2 (RFC 7518 §4.8) with a salt of its own. */
  seal(content: Content, text: string): Promise<string>;
  /** What was sealed; undefined when it was not, by this passphrase and as this content. */
  open(content: Content, jwe: string): Promise<string | undefined>;
}

/** Throws `key_unusable` for a passphrase that could be found out by trying. */
export function sealingWith(passphrase: string): Sealing {
  if (passphrase.length < LEAST) throw unusable(`the passphrase is shorter than ${LEAST} characters`);
  const secret = Buffer.from(passphrase.normalize('NFC')); // one passphrase, however the editor spells its letters
  return {
    seal: (content, text) =>
      new CompactEncrypt(Buffer.from(text))
        .setProtectedHeader({ alg: ALG, enc: ENC, cty: content })
        .setKeyManagementParameters({ p2c: ITERATIONS })
        .encrypt(secret),
    async open(content, jwe) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(jwe, secret, {
          keyManagementAlgorithms: [ALG],
          contentEncryptionAlgorithms: [ENC],
          maxPBES2Count: MOST_ITERATIONS,
        });
        return protectedHeader['cty'] === content ? Buffer.from(plaintext).toString() : undefined;
      } catch {
        return undefined; // nothing of what it could not read is repeated
      }
    },
  };
}
