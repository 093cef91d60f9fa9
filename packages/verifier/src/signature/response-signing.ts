import {
  type Clock,
  fieldValues,
  HoldfastError,
  type HttpMessage,
  type ProofKey,
  type ResponseToSign,
  seconds,
  signResponse,
} from '@holdfast/proof';
import { signedRequest } from './message-signatures.ts';

export interface ResponseSigningOptions {
  /**
   * The key that signs responses. Its public half is published where the metadata of the resource says. Refusals are signed
   * for strangers too, if only they send fields of a signature: ES256 and Ed25519 cost a tenth of what RSA does.
   */
  readonly key: ProofKey;
  /** How signatures name it. Default: its thumbprint (RFC 7638). */
  readonly keyid?: string;
}

/** A JWK Set at this origin: the `jwks_uri` of RFC 9728 §2. */
export interface PublishedKeys {
  readonly path: string;
  readonly url: string;
  readonly document: { readonly keys: readonly Readonly<Record<string, string>>[] };
}

const OF_REQUEST: ReadonlySet<string> = new Set(['message_unsignable', 'request_malformed']);
const WELL_KNOWN = '/.well-known/holdfast-jwks';

/** The key that verifies responses, for the adapters to publish beside the metadata. */
export function publishKey({ key, keyid = key.jkt }: ResponseSigningOptions, origin: string): PublishedKeys {
  const { origin: host, pathname } = new URL(origin);
  const path = `${WELL_KNOWN}${pathname === '/' ? '' : pathname}`;
  const jwk = { ...key.publicJwk, kid: keyid, use: 'sig', alg: key.alg };
  return { path, url: host + path, document: Object.freeze({ keys: [jwk] }) };
}

/**
 * The fields to add to the answer to a signed request: FAPI 2.0 HTTP Signatures §5.3.2.1. None for a request that carries
 * no signature, because strangers would have us sign for nothing; and none for one that is not as its own signature says, or
 * is for no URI of ours. Such a request is refused, and that its sender sent it is not known.
 */
export async function signAnswer(
  message: HttpMessage,
  response: ResponseToSign,
  { key, keyid, origin, clock }: ResponseSigningOptions & { readonly origin: string; readonly clock: Clock },
): Promise<Readonly<Record<string, string>>> {
  const isSigned = ['signature-input', 'signature'].every((name) => fieldValues(message, name).length > 0);
  if (!isSigned) return {};
  const named = keyid === undefined ? {} : { keyid };
  try {
    return await signResponse(response, signedRequest(message, origin), { key, created: seconds(clock), ...named });
  } catch (thrown) {
    if (thrown instanceof HoldfastError && OF_REQUEST.has(thrown.code)) return {};
    throw thrown;
  }
}
