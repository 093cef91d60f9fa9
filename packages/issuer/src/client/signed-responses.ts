import { type Algorithm, HoldfastError } from '@holdfast/proof';
import type { KeyRing } from '../keys/key-ring.ts';
import type { ClientMetadata } from './client-metadata.ts';

const MEMBERS = ['authorization_signed_response_alg', 'id_token_signed_response_alg'] as const;

/**
 * The member that asks for an algorithm by which no key of ours signs: JARM §3, OIDC Dynamic Client Registration §2. Asked
 * when a client becomes known; otherwise a person would find out, after having decided. Undefined: all can be signed.
 */
export function unsignable(metadata: ClientMetadata, keys: Pick<KeyRing, 'current'>): string | undefined {
  return MEMBERS.find((member) => {
    const alg = metadata[member];
    return alg !== undefined && !signs(keys, alg);
  });
}

export function signs(keys: Pick<KeyRing, 'current'>, alg: Algorithm): boolean {
  try {
    keys.current(alg);
    return true;
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code === 'internal') return false;
    throw thrown;
  }
}
