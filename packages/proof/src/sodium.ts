import { createRequire } from 'node:module';

/** What is used of `sodium-native`. The package is an optional peer, so its own types may be absent. */
export interface Sodium {
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/**
 * libsodium, where its user installed `sodium-native` beside this package: it verifies Ed25519 in less than half of
 * OpenSSL's time. Undefined where it is absent, has no binary for this machine, or nothing can be required at all.
 */
export function loadSodium(): Sodium | undefined {
  try {
    const sodium: Partial<Sodium> = createRequire(import.meta.url)('sodium-native');
    return typeof sodium.crypto_sign_verify_detached === 'function' ? (sodium as Sodium) : undefined;
  } catch {
    return undefined;
  }
}
