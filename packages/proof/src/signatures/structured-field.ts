import {
  type Dictionary,
  type InnerList,
  type Item,
  isInnerList,
  parseDictionary,
  serializeInnerList,
  serializeItem,
} from 'structured-headers';
import { HoldfastError } from '../errors.ts';
import { fieldValues, type HttpMessage } from '../message.ts';
import type { Code } from '../refusals.ts';

/** One member of a dictionary, and how it is written. */
export type Member =
  | { readonly item: Item; readonly text: string; readonly list?: never }
  | { readonly list: InnerList; readonly text: string; readonly item?: never };

const LONGEST = 2048; // characters: reading them takes as long as verifying a signature
const TRUE = '?1';
const VISIBLE = /^[\x20-\x7e\t]*$/;

/**
 * All field lines of a name as one value: RFC 9421 §2.1 (1)–(4). Undefined when there is none; throws `refusal` for
 * one that cannot stand in a line of a signature base.
 */
export function combinedField(message: Pick<HttpMessage, 'headers'>, name: string, refusal: Code): string | undefined {
  const lines = fieldValues(message, name);
  if (lines.length === 0) return undefined;
  return plain(lines.length === 1 ? trimmed(lines[0] ?? '') : lines.map(trimmed).join(', '), refusal);
}

/** RFC 9421 §2.1, §2.5: ASCII without line breaks. A line break would begin a line of the base. */
export function plain(value: string, refusal: Code): string {
  if (!VISIBLE.test(value)) throw new HoldfastError(refusal, { detail: 'characters' });
  return value;
}

/** RFC 9110 §5.5 and, for obs-fold, RFC 9112 §5.2. */
export function trimmed(line: string): string {
  const unfolded = line.includes('\n') ? line.replace(/[ \t]*\r?\n[ \t]+/g, ' ') : line;
  return /^[ \t]|[ \t]$/.test(unfolded) ? unfolded.replace(/^[ \t]+|[ \t]+$/g, '') : unfolded;
}

/**
 * Reads a dictionary (RFC 9651 §4.2.2), and only in its canonical spelling, white space apart: of members or parameters
 * that occur twice the parser keeps the last one, and somebody else may have kept the first (RFC 9421 §4, §7.5.2).
 */
export function readDictionary(field: string, refusal: Code, longest = LONGEST): ReadonlyMap<string, Member> {
  if (field.length > longest) throw new HoldfastError(refusal, { detail: 'too large' });
  const members = new Map<string, Member>();
  for (const [name, value] of parsed(field, refusal)) members.set(name, written(value, refusal));
  const canonical = [...members].map(([name, member]) => writtenMember(name, member));
  if (withoutSpace(canonical.join()) !== withoutSpace(field)) throw new HoldfastError(refusal, { detail: 'spelling' });
  return members;
}

/** RFC 9651 §4.1.2: `true` is written by the name alone. */
export function writtenMember(name: string, { item, text }: Member): string {
  return item?.[0] === true ? name + text.slice(TRUE.length) : `${name}=${text}`;
}

/** The octets of a byte sequence; undefined for everything else. */
export function octetsOf({ item }: Member): Uint8Array | undefined {
  const [value, parameters] = item ?? [];
  return value instanceof ArrayBuffer && parameters?.size === 0 ? new Uint8Array(value) : undefined;
}

function parsed(field: string, refusal: Code): Dictionary {
  try {
    return parseDictionary(field);
  } catch {
    // What the parser says is about the text that it could not read
    throw new HoldfastError(refusal, { detail: 'not a dictionary' });
  }
}

function written(value: Item | InnerList, refusal: Code): Member {
  try {
    return isInnerList(value)
      ? { list: value, text: serializeInnerList(value) }
      : { item: value, text: serializeItem(value) };
  } catch {
    throw new HoldfastError(refusal, { detail: 'a number out of range' });
  }
}

function withoutSpace(text: string): string {
  return text.replace(/[ \t]+/g, '');
}
