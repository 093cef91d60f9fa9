import { fieldValues } from '../message.ts';
import { type Component, component } from './component.ts';
import type { SignedRequest } from './signed-message.ts';

const METHOD = component('@method');
const TARGET_URI = component('@target-uri');
const AUTHORIZATION = component('authorization');
const DPOP = component('dpop');
const CONTENT_DIGEST = component('content-digest');
const ALSO = ['content-type', 'content-encoding', 'idempotency-key'].map((name) => component(name));

/** What the signature of this request has to cover: FAPI 2.0 HTTP Signatures §5.3.1.1. */
export function fapiCoverage(request: Pick<SignedRequest, 'headers'>): readonly Component[] {
  return [METHOD, TARGET_URI, AUTHORIZATION, ...whereSent(request)];
}

/**
 * What we sign beside that, where it is sent: fields by which a hop could have a body read in another way, or an order placed
 * again. Nobody is asked to.
 */
export function ownCoverage(request: Pick<SignedRequest, 'headers'>): readonly Component[] {
  return [...fapiCoverage(request), ...ALSO.filter(({ name }) => fieldValues(request, name).length > 0)];
}

/** What of it does without the access token, which nobody keeps. */
export function evidenceCoverage(request: Pick<SignedRequest, 'headers'>): readonly Component[] {
  return [METHOD, TARGET_URI, ...whereSent(request)];
}

function whereSent(request: Pick<SignedRequest, 'headers'>): Component[] {
  const sent: Component[] = [];
  if (fieldValues(request, 'dpop').length > 0) sent.push(DPOP);
  if (saysContent(request)) sent.push(CONTENT_DIGEST);
  return sent;
}

/**
 * Whether the head of a request says that a body follows (RFC 9112 §6.3), or what its digest is. With HTTP/2 a body may come
 * without a word in the head, and `matchContent` sees it.
 */
export function saysContent(request: Pick<SignedRequest, 'headers'>): boolean {
  if (fieldValues(request, 'content-digest').length > 0) return true;
  if (fieldValues(request, 'transfer-encoding').length > 0) return true;
  return fieldValues(request, 'content-length').some((length) => length.trim() !== '0');
}
