import type { BareItem } from 'structured-headers';
import { HoldfastError } from '../errors.ts';
import type { HttpMessage } from '../message.ts';
import { type Component, readComponents } from './component.ts';
import { readSignatureInput } from './signature-input.ts';
import { combinedField, type Member, octetsOf, readDictionary } from './structured-field.ts';

const LONGEST_SIGNATURE = 12_288; // characters: two by ML-DSA-65 take 8832
// In either field, of which the names of keys may have some. Reading a member takes microseconds
const MOST_COMMAS = 32;
// RFC 9651 §4.1.2, §4.1.8: a byte sequence without parameters
const PLAIN_MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):$/;

/** One signature as a message carries it. Nothing about it is known to be true. */
export interface ReceivedSignature {
  readonly label: string;
  readonly components: readonly Component[];
  readonly parameters: ReadonlyMap<string, BareItem>;
  /** The inner list with its parameters: the last line of the base. */
  readonly written: string;
  readonly signature: Uint8Array;
}

/** How a message names a signature. */
export interface SignatureName {
  readonly label: string;
  /** RFC 9421 §2.3: which application it is for. */
  readonly tag: BareItem | undefined;
}

/**
 * The one signature that is wanted, from the pair of fields Signature-Input and Signature (RFC 9421 §4.1, §4.2). Throws
 * `signature_missing`, `signature_malformed`, or `signature_params` where there are others only, or several that are wanted.
 */
export function readSignature(
  message: Pick<HttpMessage, 'headers'>,
  isWanted: (name: SignatureName) => boolean,
): ReceivedSignature {
  const input = field(message, 'signature-input');
  const signature = field(message, 'signature');
  if (input === undefined && signature === undefined) throw new HoldfastError('signature_missing');
  if (input === undefined || signature === undefined) throw malformed('one field of two');
  const pairs = pair(readSignatureInput(input), readOctets(signature));
  return received(onlyOne(pairs.filter(({ label, input: { list } }) => isWanted(nameOf(label, list)))));
}

/** What that signature says that it covers. NOT read: the signature. Throws as `readSignature` does. */
export function readCovered(
  message: Pick<HttpMessage, 'headers'>,
  isWanted: (name: SignatureName) => boolean,
): readonly Component[] {
  const input = field(message, 'signature-input');
  if (input === undefined) throw new HoldfastError('signature_missing');
  const members = [...readSignatureInput(input)];
  const [, { list }] = onlyOne(members.filter(([label, member]) => isWanted(nameOf(label, member.list))));
  if (list === undefined) throw malformed('a member');
  return readComponents(list[0]);
}

function field(message: Pick<HttpMessage, 'headers'>, name: string): string | undefined {
  const value = combinedField(message, name, 'signature_malformed');
  if (value !== undefined && value.split(',', MOST_COMMAS + 2).length > MOST_COMMAS + 1) {
    throw malformed('too many signatures');
  }
  return value;
}

function nameOf(label: string, list: Member['list']): SignatureName {
  return { label, tag: list?.[1].get('tag') };
}

function onlyOne<T>(found: readonly T[]): T {
  const [one, another] = found;
  if (one === undefined || another !== undefined) throw new HoldfastError('signature_params', { detail: 'tag' });
  return one;
}

interface Pair {
  readonly label: string;
  readonly input: Member;
  /** Undefined: it is no signature, but something else. */
  readonly octets: Uint8Array | undefined;
}

/** RFC 9421 §3.2 (1), §4: every label is in both fields. */
function pair(inputs: ReadonlyMap<string, Member>, signatures: Octets): Pair[] {
  if (inputs.size !== signatures.size) throw malformed('labels');
  return [...inputs].map(([label, input]) => {
    if (!signatures.has(label)) throw malformed('labels');
    return { label, input, octets: signatures.get(label) };
  });
}

type Octets = ReadonlyMap<string, Uint8Array | undefined>;

/** The members of Signature: RFC 9421 §4.2. */
function readOctets(field: string): Octets {
  if (field.length <= LONGEST_SIGNATURE) {
    const plain = readPlain(field);
    if (plain !== undefined) return plain;
  }
  const members = readDictionary(field, 'signature_malformed', LONGEST_SIGNATURE);
  return new Map([...members].map(([label, member]) => [label, octetsOf(member)]));
}

/** As nearly everybody writes them, at a quarter of the cost. Undefined for everything that wants a closer look. */
function readPlain(field: string): Octets | undefined {
  const members = field.split(', ');
  const octets = new Map<string, Uint8Array>();
  for (const member of members) {
    const [, label, base64 = ''] = PLAIN_MEMBER.exec(member) ?? [];
    const signature = Buffer.from(base64, 'base64');
    // Node reads more spellings than the one that it writes
    if (label === undefined || signature.toString('base64') !== base64) return undefined;
    octets.set(label, signature);
  }
  return octets.size === members.length ? octets : undefined;
}

function received({ label, input: { list, text }, octets: signature }: Pair): ReceivedSignature {
  if (list === undefined || signature === undefined) throw malformed('a member');
  const [items, parameters] = list;
  return { label, components: readComponents(items), parameters, written: text, signature };
}

function malformed(detail: string): HoldfastError {
  return new HoldfastError('signature_malformed', { detail });
}
