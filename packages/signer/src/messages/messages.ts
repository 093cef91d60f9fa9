import { HoldfastError, type Jwks } from '@holdfast/proof';
import type { Credentials } from '../identity.ts';
import { createMessageSigner, type MessageSigner } from './message-signer.ts';
import {
  type DiscoveryOptions,
  discoveredResourceKeys,
  givenResourceKeys,
  type ResourceKeys,
} from './resource-keys.ts';

/**
 * HTTP message signatures (RFC 9421), as FAPI 2.0 HTTP Signatures uses them, by the key that the tokens are bound to. They
 * cover method, URL, token, proof and body: DPoP alone leaves the body to whoever can change it on its way.
 */
export interface MessageSignatures {
  /** Which requests are signed, and have to be answered by a signed response. Default: all. */
  readonly requests?: (request: { readonly method: string; readonly url: string }) => boolean;
  /** Signs twice: also so that a record of the request can be checked without its token. */
  readonly evidence?: boolean;
  /**
   * The keys of the resource server: `discovered` by RFC 9728 (default), or given. `unchecked` takes answers as they come: a
   * hop that can change them can then invent a nonce challenge, and have an order sent twice.
   */
  readonly responses?: 'discovered' | 'unchecked' | Jwks;
}

/** What a client needs to sign its messages, whoever it is at the moment. */
export interface Messages {
  signerOf(credentials: Credentials): MessageSigner;
  isSigned(request: { readonly method: string; readonly url: string }): boolean;
  /** Absent where answers are not checked. */
  readonly keys: ResourceKeys | undefined;
}

export function createMessages(options: MessageSignatures, discovery: DiscoveryOptions): Messages {
  const { requests = () => true, evidence = false, responses = 'discovered' } = options;
  return {
    signerOf: (credentials) => createMessageSigner(credentials, evidence),
    isSigned: (request) => requests(request),
    keys: keysOf(responses, discovery),
  };
}

function keysOf(responses: MessageSignatures['responses'], discovery: DiscoveryOptions): ResourceKeys | undefined {
  if (responses === 'unchecked') return undefined;
  if (responses === 'discovered' || responses === undefined) return discoveredResourceKeys(discovery);
  if (!Array.isArray(responses.keys)) throw new TypeError('signatures.responses: a JWK Set, discovered, or unchecked');
  return givenResourceKeys(responses);
}

/** Refuses what would be signed and could not be checked. */
export function insistOnChecking({ keys }: Messages): void {
  if (keys !== undefined) throw new HoldfastError('message_unsignable', { detail: 'only fetch checks responses' });
}
