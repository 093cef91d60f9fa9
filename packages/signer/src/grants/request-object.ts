import { randomBytes } from 'node:crypto';
import { type Clock, type ProofKey, seconds } from '@holdfast/proof';
import { segment, signCompact } from '../compact.ts';
import type { Form } from '../issuer/issuer-calls.ts';

const LIFETIME = 60; // seconds

/** RFC 9396 §3, OIDC Core §5.5, §3.1.2.1: parameters that are JSON inside of JSON, and no text. */
const JSON_PARAMETERS = ['authorization_details', 'claims', 'max_age'];

export interface RequestObjectOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly key: ProofKey;
  readonly kid?: string;
  /** The issuer's, as far as it is known. */
  readonly clock: Clock;
}

/** The parameters of an authorization request, signed: RFC 9101 §4, FAPI 2.0 Message Signing §5.3.2. Good once. */
export async function signRequestObject(form: Form, options: RequestObjectOptions): Promise<string> {
  const { issuer, clientId, key, kid, clock } = options;
  const now = seconds(clock);
  const header = { typ: 'oauth-authz-req+jwt', alg: key.alg, ...(kid === undefined ? {} : { kid }) };
  const parameters = Object.entries(form).map(([name, value]) => [name, readParameter(name, value)] as const);
  return await signCompact(key, segment(header), {
    ...Object.fromEntries(parameters),
    iss: clientId,
    client_id: clientId,
    aud: issuer,
    jti: randomBytes(16).toString('base64url'),
    iat: now,
    nbf: now,
    exp: now + LIFETIME,
  });
}

function readParameter(name: string, value: string | undefined): unknown {
  if (value === undefined || !JSON_PARAMETERS.includes(name)) return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new TypeError(`parameters: ${name} is not JSON`);
  }
}
