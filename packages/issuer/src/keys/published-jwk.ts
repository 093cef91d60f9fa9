import { type Algorithm, type PublicJwk, readPublicJwk } from '@holdfast/proof';

/** A key as the JWK Set shows it. */
export type PublishedJwk = PublicJwk & { readonly kid: string; readonly alg: Algorithm; readonly use: 'sig' };

/**
 * FAPI 2.0 §5.4.2, §5.4.3: `kid`, `alg` and `use` are stated. Only members that are known to be public are taken, and a
 * private one is refused: nothing private can slip through. Throws `key_unusable` or `proof_jwk_private`.
 */
export function publishedJwk(members: object, kid: string, alg: Algorithm): PublishedJwk {
  return { ...readPublicJwk(members, alg, 'key_unusable'), kid, alg, use: 'sig' };
}
