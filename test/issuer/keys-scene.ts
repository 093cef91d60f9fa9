import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FileRing,
  type FileRingOptions,
  type KeyFileOptions,
  type KeyRing,
  openKeyFile,
  type SigningKey,
  signJwt,
} from '@holdfast/issuer';
import { HoldfastError, x5tS256 } from '@holdfast/proof';
import { createVerifier } from '@holdfast/verifier';
import { compactDecrypt } from 'jose';
import { afterAll } from 'vitest';
import { emptyKeyFile } from './keys-empty-file.ts';

export const START = 1_700_000_000;
export const PASSPHRASE = 'correct horse battery staple';
/** What each of the scenes has, unless it says otherwise. Seconds. */
export const LIFETIME = 300;
export const MARGIN = 60;
const ISSUER = 'https://issuer.example';
const VENUE = 'https://venue.example';
const CERTIFICATE = Buffer.from('a certificate, which nobody reads');

export interface KeyScene {
  /** Seconds; tests move it. */
  now: number;
  readonly options: KeyFileOptions & { readonly path: string };
  open(options?: Partial<FileRingOptions>): Promise<FileRing>;
}

/** A folder for the key files of a suite. It is gone when the suite ends. */
export function keysFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;

  /** A path where nothing is. */
  function newPath(): string {
    count += 1;
    return join(folder, `keys ${count}.json`);
  }

  /** A path where there is a file without keys, which costs little to open. */
  async function emptyPath(): Promise<string> {
    const path = newPath();
    writeFileSync(path, await emptyKeyFile(PASSPHRASE), { mode: 0o600 });
    return path;
  }

  function createKeyScene(changes: Partial<KeyFileOptions> = {}): KeyScene {
    const scene: KeyScene = {
      now: START,
      options: {
        path: newPath(),
        passphrase: PASSPHRASE,
        algorithms: ['ES256'],
        tokenLifetime: LIFETIME,
        margin: MARGIN,
        clock: () => scene.now * 1000,
        ...changes,
      },
      open: (options = {}) =>
        openKeyFile({
          ...scene.options,
          onFault: (fault) => {
            throw fault;
          },
          ...options,
        }),
    };
    return scene;
  }

  return { newPath, emptyPath, createKeyScene };
}

/** An access token bound to a certificate, good for LIFETIME. */
export async function tokenBy(key: SigningKey, now: number): Promise<string> {
  const claims = {
    ...{
      iss: ISSUER,
      sub: 'trader',
      aud: VENUE,
      client_id: 'trader',
      jti: randomUUID(),
      iat: now,
      exp: now + LIFETIME,
    },
    cnf: { 'x5t#S256': x5tS256(CERTIFICATE) },
  };
  return await signJwt(key, { typ: 'at+jwt' }, claims);
}

/** Whether a verifier that reads the ring's keys now takes the token at this time: `taken` or the code of its refusal. */
export async function verified(token: string, ring: Pick<KeyRing, 'jwks'>, now: number): Promise<string> {
  const jwks = JSON.parse(JSON.stringify(ring.jwks()));
  const { verify } = createVerifier({ issuer: ISSUER, audience: VENUE, origin: VENUE, jwks, clock: () => now * 1000 });
  const headers = ['Authorization', `Bearer ${token}`];
  try {
    await verify({ method: 'GET', target: '/', headers, certificate: CERTIFICATE });
    return 'taken';
  } catch (thrown) {
    return thrown instanceof HoldfastError ? thrown.code : 'not a refusal';
  }
}

export const kids = (ring: Pick<KeyRing, 'jwks'>) => ring.jwks().keys.map((key) => (key as { kid: string }).kid);

/** What a refused promise or call says: its code and detail. */
export async function refusal(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'accepted';
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) throw thrown;
    return `${thrown.code}: ${thrown.detail}`;
  }
}

/** The plaintext of a JWE of a key file, by jose alone. */
export async function opened(jwe: string, key: Uint8Array) {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, key, {
    keyManagementAlgorithms: ['PBES2-HS512+A256KW', 'dir'],
    maxPBES2Count: 1_000_000,
  });
  return { header: protectedHeader, octets: Buffer.from(plaintext) };
}
