import type { BareItem } from 'structured-headers';
import { HoldfastError } from '../errors.ts';
import type { Component } from './component.ts';
import { type VerificationKey, verifyBase } from './signature-algorithm.ts';
import { signatureBase } from './signature-base.ts';
import { type ReceivedSignature, readSignature } from './signature-fields.ts';
import type { SignedMessage } from './signed-message.ts';
import { combinedField } from './structured-field.ts';

declare const checked: unique symbol;
declare const verified: unique symbol;

/** Evidence that a signature covers what it has to, of this message and of this moment. It may be false. */
export interface CheckedSignature {
  readonly [checked]: true;
  /** What is signed. It may hold an access token: never to be logged. */
  readonly base: string;
  readonly signature: Uint8Array;
  readonly components: readonly Component[];
  /** NumericDate at which it says it was made. */
  readonly created: number;
  readonly keyid: string | undefined;
  readonly alg: string | undefined;
  /** RFC 9449 §4.2, of an evidence signature. */
  readonly ath: string | undefined;
  /** The Content-Digest that it covers, for `matchContent`. Undefined: it covers none. */
  readonly contentDigest: string | undefined;
}

/** Evidence that the holder of a key has signed the message. The body is another matter: `matchContent`. */
export interface VerifiedSignature extends CheckedSignature {
  readonly [verified]: true;
}

/** When a signature is accepted. */
export interface SignatureTimes {
  /** NumericDate of the decision. */
  readonly now: number;
  /** Seconds that `created` may lie in the past. Default 60. */
  readonly maxAge?: number;
  /** Seconds that `created` may lie in the future. Default 10. */
  readonly skew?: number;
}

export interface Coverage {
  readonly tag: string;
  /** Names, each followed by its parameters as in a base: `@method`, `@method;req`. */
  readonly required: readonly Component[];
}

/**
 * Checks one signature of a message, found by its tag: RFC 9421 §3.2, without cryptography. Throws `signature_*`.
 * NOT checked: the signature itself, and the body.
 */
export function checkSignature(
  message: SignedMessage,
  { tag, required }: Coverage,
  times: SignatureTimes,
): CheckedSignature {
  const { request, response } = message;
  const received = readSignature(response ?? request, (name) => name.tag === tag);
  const { components, parameters, written, signature } = received;
  const created = checkTimes(parameters, times);
  for (const { identifier } of required) requireCovered(received, identifier);
  const coversDigest = covers(received, '"content-digest"');
  return {
    base: signatureBase(components, written, message),
    signature,
    components,
    created,
    keyid: text(parameters, 'keyid'),
    alg: text(parameters, 'alg'),
    ath: text(parameters, 'ath'),
    contentDigest: coversDigest ? combinedField(response ?? request, 'content-digest', 'digest_malformed') : undefined,
  } as CheckedSignature;
}

/** Throws `signature_params` for a key or an algorithm that it does not name, `signature_invalid` for a false signature. */
export function verifyChecked(signature: CheckedSignature, key: VerificationKey): VerifiedSignature {
  const { base, keyid, alg } = signature;
  if (keyid !== undefined && !key.keyids.includes(keyid))
    throw new HoldfastError('signature_params', { detail: 'keyid' });
  if (!verifyBase(base, signature.signature, alg, key)) throw new HoldfastError('signature_invalid');
  return signature as VerifiedSignature;
}

function covers({ components }: Pick<ReceivedSignature, 'components'>, identifier: string): boolean {
  return components.some((component) => component.identifier === identifier);
}

function requireCovered(received: ReceivedSignature, identifier: string): void {
  if (covers(received, identifier)) return;
  throw new HoldfastError('signature_coverage', { detail: identifier.replaceAll('"', '') });
}

/** RFC 9421 §2.3, §7.2.2: made recently, and not expired. Each condition is what must hold, negated. */
function checkTimes(
  parameters: ReadonlyMap<string, BareItem>,
  { now, maxAge = 60, skew = 10 }: SignatureTimes,
): number {
  const created = seconds(parameters, 'created');
  if (created === undefined) throw new HoldfastError('signature_params', { detail: 'created' });
  if (!(created >= now - maxAge && created <= now + skew)) {
    throw new HoldfastError('signature_time', { detail: 'created', skew: created - now });
  }
  const expires = seconds(parameters, 'expires');
  if (expires !== undefined && !(expires > now)) {
    throw new HoldfastError('signature_time', { detail: 'expires', skew: expires - now });
  }
  return created;
}

/** RFC 9421 §2.3: integers. */
function seconds(parameters: ReadonlyMap<string, BareItem>, name: string): number | undefined {
  const value = parameters.get(name);
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw new HoldfastError('signature_params', { detail: name });
}

function text(parameters: ReadonlyMap<string, BareItem>, name: string): string | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw new HoldfastError('signature_params', { detail: name });
}
