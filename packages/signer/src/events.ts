import { channel } from 'node:diagnostics_channel';
import type { Code } from '@holdfast/proof';

/** The name of the `node:diagnostics_channel` on which clients publish what their owners may want to know. */
export const CLIENT_EVENTS = 'holdfast:signer:client';

/** Nothing here is secret. Published only while somebody listens. */
export type ClientEvent =
  /** A server asked for a nonce (RFC 9449 §8, §9), and the request was sent once more. */
  | { readonly event: 'nonce_challenge'; readonly origin: string }
  /** A server refused a time of ours. `seconds`: its clock minus ours. `applied`: whether requests to it follow its clock now. */
  | { readonly event: 'clock_skew'; readonly origin: string; readonly seconds: number; readonly applied: boolean }
  /** `expiresAt`: NumericDate. */
  | { readonly event: 'token_received'; readonly issuer: string; readonly expiresAt: number }
  /** A token that is still good could not be renewed ahead of time; it is tried again. */
  | { readonly event: 'token_not_renewed'; readonly issuer: string; readonly code: Code | undefined }
  /** Keys or certificate were replaced, and every request that follows uses the new ones. */
  | { readonly event: 'identity_replaced' }
  /** New keys or a new certificate were found, and cannot be used. The ones before stay. */
  | { readonly event: 'identity_refused'; readonly code: Code | undefined; readonly detail: string | undefined };

const events = channel(CLIENT_EVENTS);

export function publish(event: ClientEvent): void {
  if (events.hasSubscribers) events.publish(event);
}
