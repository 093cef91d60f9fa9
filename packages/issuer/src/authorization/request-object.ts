import { type Code, HoldfastError, type JsonObject, readJws } from '@holdfast/proof';
import { verifyClientSignature } from '../client/client-signature.ts';
import type { Client } from '../client/clients.ts';
import type { Parameters } from '../form.ts';

const LONGEST = 32_768; // characters
const SKEW = 10; // seconds: FAPI 2.0 §5.3.2.1 wants 0 to 10 accepted and more than 60 refused
const LONGEST_LIFE = 3600; // seconds from nbf to exp, and that nbf may lie back: FAPI 2.0 Message Signing §5.3.1

export interface RequestObjectExpectation {
  readonly issuer: string;
  readonly now: number;
}

/**
 * The parameters of a signed request object (RFC 9101, FAPI 2.0 Message Signing §5.3.1), verified. What stands beside it in
 * the request counts for nothing (RFC 9101 §6.3).
 */
export async function verifyRequestObject(
  object: string,
  client: Client,
  { issuer, now }: RequestObjectExpectation,
): Promise<Parameters> {
  if (object.length > LONGEST) throw new HoldfastError('request_object_malformed');
  const jws = readJws(object, 'request_object_malformed');
  checkType(jws.header['typ']);
  await verifyClientSignature(jws, client, client.metadata.request_object_signing_alg, {
    alg: 'request_object_alg',
    signature: 'request_object_signature',
  });
  const { payload } = jws;
  checkParties(payload, client, issuer);
  checkTimes(payload, now);
  return claimsAsParameters(payload);
}

/** RFC 9101 §10.8, FAPI 2.0 Message Signing §5.3.1; media types are compared without regard to case (RFC 7515 §4.1.9). */
function checkType(typ: unknown): void {
  const lower = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  if (lower !== undefined && lower !== 'oauth-authz-req+jwt' && lower !== 'jwt') {
    throw new HoldfastError('request_object_alg', { detail: 'typ' });
  }
}

function checkParties(claims: JsonObject, { clientId }: Client, issuer: string): void {
  // RFC 9101 §4: an object in an object would never end
  for (const name of ['request', 'request_uri']) if (name in claims) throw wrong(name);
  // RFC 9126 §3: the client that authenticated, and no other
  if (claims['client_id'] !== clientId) throw wrong('client_id');
  if (claims['iss'] !== undefined && claims['iss'] !== clientId) throw wrong('iss');
  // RFC 8725 §3.12, RFC 9101 §10.8: a client assertion has a sub, and neither may pass for the other
  if (claims['sub'] !== undefined) throw wrong('sub');
  const { aud } = claims;
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(issuer)) throw new HoldfastError('request_object_audience');
}

function checkTimes(claims: JsonObject, now: number): void {
  const [exp, nbf] = [readTime(claims, 'exp'), readTime(claims, 'nbf')];
  const iat = claims['iat'] === undefined ? undefined : readTime(claims, 'iat');
  const refuse = (detail: string, time: number) =>
    new HoldfastError('request_object_time', { detail, skew: time - now });
  if (!(exp > now - SKEW)) throw refuse('exp', exp);
  if (!(nbf <= now + SKEW)) throw refuse('nbf', nbf);
  if (!(nbf >= now - LONGEST_LIFE)) throw refuse('nbf', nbf);
  if (!(exp - nbf <= LONGEST_LIFE)) throw refuse('exp', exp);
  if (iat !== undefined && !(iat <= now + SKEW)) throw refuse('iat', iat);
}

function readTime(claims: JsonObject, name: string): number {
  const value = claims[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(name);
  return value;
}

/** RFC 9101 §4: parameters are members, strings as strings, numbers as numbers, JSON as JSON. */
function claimsAsParameters(claims: JsonObject): Parameters {
  const own = (name: string) => (Object.hasOwn(claims, name) ? claims[name] : undefined);
  return {
    get(name) {
      const value = own(name);
      if (value === undefined || value === '') return undefined;
      if (typeof value === 'number') return String(value);
      if (typeof value !== 'string') throw wrong(name);
      return value;
    },
    all(name) {
      const value = own(name);
      const values: unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
      if (!values.every((each) => typeof each === 'string')) throw wrong(name);
      return (values as string[]).filter((each) => each !== '');
    },
    json: (name: string, refusal: Code) => {
      const value = own(name);
      if (typeof value === 'string') throw new HoldfastError(refusal); // RFC 9396 §2: in a JWT it is no string
      return value;
    },
  };
}

// Names of claims that this file looks for, or of parameters: never one that the sender invented
function wrong(detail: string): HoldfastError {
  return new HoldfastError('request_object_claims', { detail });
}
