import { seconds } from '@holdfast/proof';
import type { CallerContext } from './caller.ts';
import type { Identity } from './identity.ts';
import type { AccessToken } from './issuer/token-response.ts';
import type { Fields } from './send.ts';

/** A request that somebody else sends. */
export interface RequestToSend {
  readonly method: string;
  /** In the spelling in which it is sent. */
  readonly url: string;
  readonly origin: string;
  /** Other fields that it will have, by names in lower case. */
  readonly fields: Fields;
  readonly body: string | Uint8Array | undefined;
}

/** All that makes such a request one of this client: token, proof (RFC 9449 §7.1) and signature (RFC 9421). */
export async function requestFields(
  { method, url, origin, fields: others, body }: RequestToSend,
  { accessToken, tokenType }: AccessToken,
  nonce: string | undefined,
  { signer, messageSigner }: Identity,
  { skews, messages }: Pick<CallerContext, 'skews' | 'messages'>,
): Promise<Record<string, string>> {
  const clock = skews.clockOf(origin);
  const authorization = `${tokenType} ${accessToken}`;
  const dpop = signer && (await signer.proof({ method, url, accessToken, nonce, clock }));
  const fields = { Authorization: authorization, ...(dpop === undefined ? {} : { DPoP: dpop }) };
  if (messageSigner === undefined || !messages?.isSigned({ method, url })) return fields;
  const proven = { ...others, authorization, ...(dpop === undefined ? {} : { dpop }) };
  const made = { method, url, fields: proven, accessToken, content: body, created: seconds(clock) };
  return { ...fields, ...(await messageSigner.sign(made)).fields };
}
