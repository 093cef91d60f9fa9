import { HoldfastError } from '@holdfast/proof';
import { algorithmOf, importPrivateJwk, type Jwk, publicPart } from '../client/registered-key.ts';
import { type KeyRing, ringOf } from './key-ring.ts';
import { publishedJwk } from './published-jwk.ts';
import { signingKey } from './signing-key.ts';

/** Private JWKs as `readConfig` checked them: all are published, the first one signs, or the first for an algorithm. */
export function givenKeys(signingKeys: readonly Jwk[]): KeyRing {
  const keys = signingKeys.map(readKey);
  return ringOf(
    keys.map(({ published }) => published),
    keys.map(({ signing }) => signing),
  );
}

function readKey(jwk: Jwk) {
  const members = publicPart(jwk);
  const alg = algorithmOf(members);
  if (alg === undefined) throw new HoldfastError('key_unusable', { detail: 'alg' });
  const kid = String(jwk['kid']);
  return { published: publishedJwk(members, kid, alg), signing: signingKey(kid, alg, importPrivateJwk(jwk)) };
}
