import { parseItem, parseList, serializeItem, serializeList } from 'structured-headers';
import { HoldfastError } from '../errors.ts';
import { fieldValues } from '../message.ts';
import { type Component, shownName } from './component.ts';
import type { SignedMessage } from './signed-message.ts';
import { combinedField, readDictionary, trimmed, writtenMember } from './structured-field.ts';

type Kind = 'dictionary' | 'list' | 'item';

// RFC 9421 §2.1.1: only of fields that are known to be structured
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['accept-signature', 'dictionary'],
  ['client-cert', 'item'],
  ['client-cert-chain', 'list'],
  ['content-digest', 'dictionary'],
  ['priority', 'dictionary'],
  ['repr-digest', 'dictionary'],
  ['signature', 'dictionary'],
  ['signature-input', 'dictionary'],
]);
const PARAMETERS: ReadonlySet<string> = new Set(['req', 'sf', 'key', 'bs']); // `tr` is not: no trailers are seen here

/** The value of a field: RFC 9421 §2.1. Throws `signature_coverage` for one that is absent or cannot be written so. */
export function fieldValue(component: Component, { request, response }: SignedMessage): string {
  const { name, parameters } = component;
  const isOfRequest = parameters.has('req');
  const message = isOfRequest || response === undefined ? request : response;
  if (parameters.size > 0) checkParameters(component);
  // §2.1.3: each line by itself, so that nothing depends on how lines are joined
  if (parameters.has('bs')) return asOctets(fieldValues(message, name), component);
  const value = combinedField(message, name, 'signature_coverage');
  if (value === undefined) throw unresolved(component);
  const key = parameters.get('key');
  if (key !== undefined) return memberOf(value, key, component);
  return parameters.has('sf') ? canonical(value, component) : value;
}

function checkParameters(component: Component): void {
  const { parameters } = component;
  for (const [name, value] of parameters) {
    const isRead = PARAMETERS.has(name) && (name === 'key' ? typeof value === 'string' : value === true);
    if (!isRead) throw unresolved(component);
  }
  if (parameters.has('bs') && (parameters.has('sf') || parameters.has('key'))) throw unresolved(component);
}

function asOctets(lines: readonly string[], component: Component): string {
  if (lines.length === 0) throw unresolved(component);
  return lines.map((line) => `:${Buffer.from(trimmed(line), 'latin1').toString('base64')}:`).join(', ');
}

/** RFC 9421 §2.1.2: one member of a dictionary, written as it would be in a list. */
function memberOf(field: string, key: unknown, component: Component): string {
  const member = readDictionary(field, 'signature_coverage').get(String(key));
  if (member === undefined) throw unresolved(component);
  return member.text;
}

/** RFC 9421 §2.1.1. */
function canonical(field: string, component: Component): string {
  const kind = KINDS.get(component.name);
  if (kind === undefined) throw unresolved(component);
  if (kind === 'dictionary') return writtenDictionary(field);
  try {
    return kind === 'list' ? serializeList(parseList(field)) : serializeItem(parseItem(field));
  } catch {
    throw unresolved(component);
  }
}

function writtenDictionary(field: string): string {
  return [...readDictionary(field, 'signature_coverage')]
    .map(([name, member]) => writtenMember(name, member))
    .join(', ');
}

function unresolved(component: Component): HoldfastError {
  return new HoldfastError('signature_coverage', { detail: shownName(component) });
}
