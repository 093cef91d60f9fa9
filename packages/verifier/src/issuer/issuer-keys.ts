import {
  type Clock,
  createKeySet,
  createRenewable,
  type Fetching,
  fetchJson,
  HoldfastError,
  type Jwks,
  type KeySet,
  type Renewable,
} from '@holdfast/proof';
import { checkDiscoverable, endpointOf, fetchMetadata } from './issuer-metadata.ts';

/** Where the keys of the issuer come from. Asked for again when a kid is new to us. */
export type IssuerKeys = Renewable<KeySet>;

/** Keys that were given: no network. */
export function givenKeys(jwks: Jwks): IssuerKeys {
  if (!Array.isArray(jwks.keys)) throw new TypeError('jwks: keys is missing');
  const set = createKeySet(structuredClone(jwks)); // what its owner does with it afterwards changes nothing, at any time
  return { current: () => set, renewed: () => set };
}

export interface DiscoveredKeysOptions extends Fetching {
  readonly issuer: string;
  readonly clock: Clock;
}

/** Keys by the issuer's metadata (RFC 8414). */
export function discoveredKeys({ issuer, clock, ...fetching }: DiscoveredKeysOptions): IssuerKeys {
  checkDiscoverable(issuer, 'jwks');
  let last: { readonly set: KeySet; readonly text: string } | undefined;
  return createRenewable(clock, async () => {
    const metadata = await fetchMetadata(fetching, issuer);
    const { keys } = await fetchJson(fetching, endpointOf(metadata, 'jwks_uri'));
    if (!Array.isArray(keys)) throw new HoldfastError('issuer_unavailable', { detail: 'keys' });
    const text = JSON.stringify(keys);
    // The same keys are the same set: what was verified under them stays verified
    if (last?.text !== text) last = { set: createKeySet({ keys }), text };
    return last.set;
  });
}
