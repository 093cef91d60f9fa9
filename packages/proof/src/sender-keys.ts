import { createBoundedCache } from './bounded-cache.ts';
import type { SenderKey, SenderKeys, VerifiedProof } from './proof.ts';

interface KnownKey extends SenderKey {
  /** RFC 9449 §11.3: it has used a nonce of ours. */
  readonly usesNonces: boolean;
}

/**
 * The keys of senders, imported once. Only keys of proofs that were good for something come in, so that strangers
 * cannot crowd them out, and one header segment for each, so that a client cannot crowd out the others with spellings.
 */
export interface SenderKeyCache extends SenderKeys {
  keep(proof: VerifiedProof): void;
  /** RFC 9449 §11.3: whether this key has used a nonce of ours, so that from then on it has to. */
  usesNonces(jkt: string): boolean;
}

const MOST = 20_000;
const HEADER_BYTES = 16 * 1024 * 1024;

export function createSenderKeyCache(): SenderKeyCache {
  const keys = createBoundedCache<KnownKey>({ maxEntries: MOST, maxKeyBytes: HEADER_BYTES });
  const headers = createBoundedCache<string>({ maxEntries: MOST, maxKeyBytes: MOST * 64 });

  function ofThumbprint(jkt: string): { header: string; key: KnownKey | undefined } | undefined {
    const header = headers.recall(jkt);
    return header === undefined ? undefined : { header, key: keys.recall(header) };
  }

  return {
    recall: (header) => keys.recall(header),
    usesNonces: (jkt) => ofThumbprint(jkt)?.key?.usesNonces ?? false,
    keep({ segments: { header }, sender, jkt, freshBy }) {
      const same = keys.recall(header);
      if (same !== undefined && (same.usesNonces || freshBy === 'iat')) return;
      const before = ofThumbprint(jkt);
      if (before !== undefined && before.header !== header) keys.forget(before.header);
      keys.keep(header, { ...sender, usesNonces: freshBy === 'nonce' || before?.key?.usesNonces === true });
      headers.keep(jkt, header);
    },
  };
}
