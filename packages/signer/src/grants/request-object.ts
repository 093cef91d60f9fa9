import { randomBytes } from 'node:crypto';
import { type Clock, type ProofKey, seconds } from '@holdfast/proof';
import { segment, signCompact } from '../compact.ts';
import type { Form } from '../issuer/issuer-calls.ts';

const LIFETIME = 60; // seconds

export interface RequestObjectOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly key: ProofKey;
  readonly kid?: string;
  readonly clock: Clock;
}

/** The parameters of an authorization request, signed: RFC 9101 §4, FAPI 2.0 Message Signing §5.3.2. */
export async function signRequestObject(form: Form, options: RequestObjectOptions): Promise<string> {
  const { issuer, clientId, key, kid, clock } = options;
  const now = seconds(clock);
  const header = { typ: 'oauth-authz-req+jwt', alg: key.alg, ...(kid === undefined ? {} : { kid }) };
  const { authorization_details: details, ...parameters } = form;
  return await signCompact(key, segment(header), {
    ...parameters,
    // RFC 9396 §3: JSON inside of JSON
    ...(details === undefined ? {} : { authorization_details: JSON.parse(details) }),
    iss: clientId,
    client_id: clientId,
    aud: issuer,
    jti: randomBytes(16).toString('base64url'),
    iat: now,
    nbf: now,
    exp: now + LIFETIME,
  });
}
