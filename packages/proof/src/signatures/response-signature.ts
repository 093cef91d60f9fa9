import { HoldfastError } from '../errors.ts';
import type { ProofKey } from '../key.ts';
import { fieldValues } from '../message.ts';
import {
  type CheckedSignature,
  checkSignature,
  type SignatureTimes,
  type VerifiedSignature,
  verifyChecked,
} from './checked-signature.ts';
import { type Component, component } from './component.ts';
import { contentDigest, matchContent } from './content-digest.ts';
import { saysContent } from './request-coverage.ts';
import { REQUEST_TAG } from './request-signature.ts';
import { makeSignature, signatureFields } from './sign-message.ts';
import type { VerificationKey } from './signature-algorithm.ts';
import { signatureBase } from './signature-base.ts';
import { readCovered } from './signature-fields.ts';
import type { SignedRequest, SignedResponse } from './signed-message.ts';

/** The tag by which the signature of a response is found: FAPI 2.0 HTTP Signatures §5.3.2.1. */
export const RESPONSE_TAG = 'fapi-2-response';

const STATUS = component('@status');
const CONTENT_DIGEST = component('content-digest');
const ALWAYS = [component('@method', true), component('@target-uri', true)];
const WHERE_SENT = ['authorization', 'dpop', 'content-digest'].map((name) => component(name, true));
/** By these a hop adds a body to a request that was sent without one. */
const FRAMING = ['content-length', 'transfer-encoding'].map((name) => component(name, true));
/** FAPI 2.0 HTTP Signatures §5.3.2.1 (3). RFC 9421 §2.4 advises against these two alone, so that they come last, beside all the others. */
const OF_SIGNED = ['signature', 'signature-input'].map((name) => component(name, true));

interface AnsweredMessage {
  readonly request: SignedRequest;
  readonly response: SignedResponse;
}

export interface ResponseToSign {
  readonly status: number;
  /** The body as it is sent. Left out: there is none. */
  readonly content?: Uint8Array | string | undefined;
}

export interface ResponseSigning {
  readonly key: ProofKey;
  /** NumericDate, whole seconds. */
  readonly created: number;
  /** Default: the thumbprint of the key. */
  readonly keyid?: string;
}

/**
 * Signs a response over the request that it answers (FAPI 2.0 HTTP Signatures §5.3.2.1, RFC 9421 §2.4), and gives the fields
 * to add to it. The request need not be a good one, but what its own signature covers has to be there, beside method and
 * URI: `message_unsignable` is thrown otherwise. A hop that takes the token away, or the proof, would get a signed refusal
 * of that, which the client took for the answer to what it sent.
 */
export async function signResponse(
  { status, content }: ResponseToSign,
  request: SignedRequest,
  { key, created, keyid = key.jkt }: ResponseSigning,
): Promise<Readonly<Record<string, string>>> {
  const digest = content === undefined ? {} : { 'Content-Digest': contentDigest(content) };
  const message = { request, response: { status, headers: Object.entries(digest).flat() } };
  const signature = await makeSignature(
    'sig',
    coverageOf(message),
    { created, keyid, tag: RESPONSE_TAG },
    { message, key },
  );
  return { ...digest, ...signatureFields([signature]) };
}

/**
 * Checks the signature of a response to this request, as the request was sent: FAPI 2.0 HTTP Signatures §5.3.2.2, without
 * cryptography. Throws `response_unsigned` or `response_signature`. NOT checked: the signature itself,
 * `verifyResponseSignature`; the body, `matchResponseContent`.
 */
export function checkResponseSignature(
  response: SignedResponse,
  request: SignedRequest,
  times: SignatureTimes,
): CheckedSignature {
  const isSigned = fieldValues(request, 'signature-input').length > 0;
  const hasDigest = fieldValues(request, 'content-digest').length > 0;
  const required = [STATUS, ...ALWAYS];
  if (hasDigest) required.push(component('content-digest', true));
  if (isSigned) required.push(...OF_SIGNED);
  return ofResponse(() => checkSignature({ request, response }, { tag: RESPONSE_TAG, required }, times));
}

/** Verifies a response's signature. Throws `response_signature`. */
export function verifyResponseSignature(signature: CheckedSignature, key: VerificationKey): VerifiedSignature {
  return ofResponse(() => verifyChecked(signature, key));
}

/** Compares the body of a response with what its signature covers. Throws `response_signature`. */
export function matchResponseContent(signature: VerifiedSignature, content: Uint8Array): void {
  ofResponse(() => matchContent(signature, content));
}

/**
 * Status and body, method and URI, and all that the signature of the request covers (RFC 9421 §2.4); beside them what else
 * there is of it.
 */
function coverageOf(message: AnsweredMessage): readonly Component[] {
  const hasContent = message.response.headers.length > 0;
  const needed = hasContent ? [STATUS, CONTENT_DIGEST, ...ALWAYS] : [STATUS, ...ALWAYS];
  const signed = alsoSigned(message.request);
  const wished = [...WHERE_SENT, ...signed, ...undigested(message.request), ...OF_SIGNED];
  const distinct = new Map(wished.map((each) => [each.identifier, each]));
  for (const { identifier } of needed) distinct.delete(identifier);
  const claimed = new Set(signed.map(({ identifier }) => identifier));
  const isCovered = (each: Component) => claimed.has(each.identifier) || isResolved(each, message);
  return [...needed, ...[...distinct.values()].filter(isCovered)];
}

/**
 * What the signature of the request covers; nothing, where that cannot be read. But for components with parameters, which
 * strangers could have us resolve at length.
 */
function alsoSigned(request: SignedRequest): Component[] {
  try {
    const covered = readCovered(request, ({ tag }) => tag === REQUEST_TAG);
    return covered.filter(({ parameters }) => parameters.size === 0).map(({ name }) => component(name, true));
  } catch {
    return [];
  }
}

/** What says that a body came, where no digest does. Where there is one, hops may choose how they send the body. */
function undigested(request: SignedRequest): readonly Component[] {
  const isDigested = fieldValues(request, 'content-digest').length > 0;
  return isDigested || !saysContent(request) ? [] : FRAMING;
}

function isResolved(each: Component, message: AnsweredMessage): boolean {
  try {
    signatureBase([each], '', message);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a response is for the client to know, and no answer to anybody. */
function ofResponse<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof HoldfastError)) throw cause;
    if (cause.code === 'signature_missing') throw new HoldfastError('response_unsigned', { cause });
    const { code, detail, skew } = cause;
    throw new HoldfastError('response_signature', {
      detail: detail === undefined ? code : `${code}, ${detail}`,
      ...(skew === undefined ? {} : { skew }),
      cause,
    });
  }
}
