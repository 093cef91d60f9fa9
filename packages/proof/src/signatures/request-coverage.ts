import { fieldValues } from '../message.ts';
import { type Component, component } from './component.ts';
import type { SignedRequest } from './signed-message.ts';

const METHOD = component('@method');
const TARGET_URI = component('@target-uri');
const AUTHORIZATION = component('authorization');
const DPOP = component('dpop');
const CONTENT_DIGEST = component('content-digest');
const IDEMPOTENCY_KEY = component('idempotency-key');
const CONTENT_FIELDS = ['content-type', 'content-encoding'].map((name) => component(name));

/**
 * What the signature of this request has to cover: FAPI 2.0 HTTP Signatures §5.3.1.1, and beside it Idempotency-Key where
 * one came. A hop that adds that of an earlier order has an order taken for one that was placed already.
 */
export function fapiCoverage(request: Pick<SignedRequest, 'headers'>): readonly Component[] {
  return [METHOD, TARGET_URI, AUTHORIZATION, ...whereSent(request), ...sentOf(request, [IDEMPOTENCY_KEY])];
}

/** What we sign: also fields by which a hop could have a body read in another way. Nobody else is asked to. */
export function ownCoverage(request: Pick<SignedRequest, 'headers'>): readonly Component[] {
  const also = sentOf(request, [...CONTENT_FIELDS, IDEMPOTENCY_KEY]);
  return [METHOD, TARGET_URI, AUTHORIZATION, ...whereSent(request), ...also];
}

/** What of it does without the access token, which nobody keeps. */
export function evidenceCoverage(request: Pick<SignedRequest, 'headers'>): readonly Component[] {
  return [METHOD, TARGET_URI, ...whereSent(request)];
}

function whereSent(request: Pick<SignedRequest, 'headers'>): Component[] {
  return [...sentOf(request, [DPOP]), ...(saysContent(request) ? [CONTENT_DIGEST] : [])];
}

function sentOf(request: Pick<SignedRequest, 'headers'>, fields: readonly Component[]): Component[] {
  return fields.filter(({ name }) => fieldValues(request, name).length > 0);
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
