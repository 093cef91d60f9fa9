import { HoldfastError, type JsonObject } from '@holdfast/proof';

/** A right that a request needs, in the common data fields of RFC 9396 §2.2. A field left out: whatever the token says. */
export interface RequiredDetail {
  readonly type: string;
  readonly locations?: readonly string[];
  readonly actions?: readonly string[];
  readonly datatypes?: readonly string[];
  readonly identifier?: string;
  readonly privileges?: readonly string[];
}

const LISTS = ['locations', 'actions', 'datatypes', 'privileges'] as const;

/** RFC 9396 §9: objects with a type, or the token is refused. Fields of a type's own are for the handler to read. */
export function readAuthorizationDetails(value: unknown): readonly JsonObject[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isDetail)) {
    throw new HoldfastError('token_claims', { detail: 'authorization_details' });
  }
  return value;
}

/**
 * RFC 9396 §2.1: each needed right is given by one object, because rights are not added up across objects.
 * NOT checked: what the token says beyond the fields that are asked for, such as a maximum amount.
 */
export function coversDetails(given: readonly JsonObject[], needed: readonly RequiredDetail[]): boolean {
  return needed.every((need) => given.some((detail) => covers(detail, need)));
}

function covers(detail: JsonObject, need: RequiredDetail): boolean {
  if (detail['type'] !== need.type) return false;
  if (need.identifier !== undefined && detail['identifier'] !== need.identifier) return false;
  return LISTS.every((field) => includesAll(detail[field], need[field]));
}

function includesAll(given: unknown, needed: readonly string[] = []): boolean {
  return needed.length === 0 || (Array.isArray(given) && needed.every((value) => given.includes(value)));
}

function isDetail(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && typeof (value as JsonObject)['type'] === 'string';
}
