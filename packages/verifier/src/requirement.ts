import type { Requirement } from './access.ts';
import { SIGNATURE_POLICIES } from './signature/message-signatures.ts';

// RFC 6749 §3.3. No token has another one, and the challenge would repeat its quotes and line breaks.
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * A requirement as it was given, maybe by code or configuration that no type was checked against. Throws
 * TypeError for one that would ask for less than it seems to: a scope that is no list, a member that nobody reads. And for
 * a scope that is none, such as two of them in one string.
 */
export function readRequirement(requirement: Requirement): Requirement {
  if (isRequirement(requirement)) return requirement;
  throw new TypeError(
    "requirement: scope, a list of single scopes; authorizationDetails, a list of objects as RequiredDetail; signature, 'optional', 'required' or 'evidence'",
  );
}

export function isRequirement(value: unknown): value is Requirement {
  return hasOnly(value, REQUIREMENT);
}

type Check = (value: unknown) => boolean;

const REQUIREMENT: Readonly<Record<string, Check>> = {
  scope: isListOfScopes,
  authorizationDetails: isListOfDetails,
  signature: isSignature,
};

const DETAIL: Readonly<Record<string, Check>> = {
  type: isString,
  identifier: isString,
  locations: isListOfStrings,
  actions: isListOfStrings,
  datatypes: isListOfStrings,
  privileges: isListOfStrings,
};

/** Members that are there are known and pass. One that says `undefined` is a name that was misspelt elsewhere. */
function hasOnly(value: unknown, members: Readonly<Record<string, Check>>): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Readonly<Record<string, unknown>>;
  // By name, without an array for each pair: adapters ask this of every request
  return Object.keys(given).every((name) => Object.hasOwn(members, name) && members[name]?.(given[name]));
}

function isSignature(value: unknown): boolean {
  return SIGNATURE_POLICIES.some((each) => each === value);
}

function isListOfDetails(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => hasOnly(each, DETAIL) && 'type' in each);
}

function isListOfScopes(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => isString(each) && SCOPE.test(each));
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}
