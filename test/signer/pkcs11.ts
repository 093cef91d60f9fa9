import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { findProgram, needs } from '../programs.ts';

/** What node-webcrypto-p11 adds to Web Cryptography, as far as tests use it: one session with one token. */
export interface Session extends Crypto {
  readonly session: { close(): void };
  readonly keyStorage: {
    indexOf(key: CryptoKey): Promise<string | null>;
    getItem(id: string | null, algorithm: object, extractable: boolean, usages: readonly string[]): Promise<CryptoKey>;
  };
  logout(): void;
}

/** The functions of PKCS#11 themselves, by pkcs11js. Handles are Buffers. */
export interface Cryptoki {
  load(path: string): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(withToken: boolean): Buffer[];
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_GenerateKeyPair(
    session: Buffer,
    mechanism: { readonly mechanism: number },
    publicTemplate: readonly Attribute[],
    privateTemplate: readonly Attribute[],
  ): { readonly publicKey: Buffer; readonly privateKey: Buffer };
  C_GetAttributeValue(session: Buffer, object: Buffer, attributes: readonly Attribute[]): { readonly value: Buffer }[];
  C_SignInit(session: Buffer, mechanism: { readonly mechanism: number }, key: Buffer): void;
  C_Sign(session: Buffer, input: Buffer, output: Buffer): Buffer;
}

interface Attribute {
  readonly type: number;
  readonly value?: Buffer | boolean | number;
}

export const PIN = '648219';
const ADVICE = 'a token in software needs SoftHSM2 (Debian: apt-get install softhsm2) and bash .ci/pkcs11/install';
// Not among the dependencies: it has to be compiled
const load = createRequire(new URL('../../.ci/pkcs11/package.json', import.meta.url));
const LIBRARIES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'];

export interface Token {
  readonly cryptoki: Cryptoki;
  /** A session of its own, logged in. */
  open(): Session;
  [Symbol.dispose](): void;
}

/** A new token of SoftHSM2 in a folder of its own, or a skip. One in a process, which asks once where its tokens are. */
export function createToken(context: TestContext): Token {
  const { program, library, Crypto, PKCS11 } = needs(context, 'softhsm2', findParts(), ADVICE);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-token-'));
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(configuration, `directories.tokendir = ${folder}\nobjectstore.backend = file\n`);
  process.env['SOFTHSM2_CONF'] = configuration;
  const pins = ['--pin', PIN, '--so-pin', '97531864'];
  execFileSync(program, ['--init-token', '--free', '--label', 'holdfast', ...pins], { stdio: 'pipe' });
  const cryptoki = new PKCS11();
  cryptoki.load(library);
  cryptoki.C_Initialize();
  return {
    cryptoki,
    open: () => new Crypto({ library, slot: 0, pin: PIN, readWrite: true }),
    [Symbol.dispose]: () => {
      cryptoki.C_Finalize();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Parts {
  readonly program: string;
  readonly library: string;
  readonly Crypto: new (options: object) => Session;
  readonly PKCS11: new () => Cryptoki;
}

function findParts(): Parts | undefined {
  const program = findProgram('softhsm2-util');
  const library = LIBRARIES.find((path) => existsSync(path));
  if (program === undefined || library === undefined) return undefined;
  try {
    return { program, library, ...load('node-webcrypto-p11'), ...load('pkcs11js') };
  } catch {
    return undefined; // not installed, or not built for this machine
  }
}
