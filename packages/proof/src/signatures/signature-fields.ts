import type { BareItem } from 'structured-headers';
import { HoldfastError } from '../errors.ts';
import type { HttpMessage } from '../message.ts';
import { type Component, readComponents } from './component.ts';
import { readSignatureInput } from './signature-input.ts';
import { combinedField, type Member, octetsOf, readDictionary } from './structured-field.ts';

const LONGEST_SIGNATURE = 12_288; // characters: two by ML-DSA-65 take 8832

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
  const input = combinedField(message, 'signature-input', 'signature_malformed');
  const signature = combinedField(message, 'signature', 'signature_malformed');
  if (input === undefined && signature === undefined) throw new HoldfastError('signature_missing');
  if (input === undefined || signature === undefined) throw malformed('one field of two');
  const pairs = pair(readSignatureInput(input), readDictionary(signature, 'signature_malformed', LONGEST_SIGNATURE));
  const [found, another] = pairs.filter(({ label, input: { list } }) => isWanted({ label, tag: list?.[1].get('tag') }));
  if (found === undefined || another !== undefined) throw new HoldfastError('signature_params', { detail: 'tag' });
  return received(found);
}

interface Pair {
  readonly label: string;
  readonly input: Member;
  readonly octets: Member;
}

/** RFC 9421 §3.2 (1), §4: every label is in both fields. */
function pair(inputs: ReadonlyMap<string, Member>, signatures: ReadonlyMap<string, Member>): Pair[] {
  if (inputs.size !== signatures.size) throw malformed('labels');
  return [...inputs].map(([label, input]) => {
    const octets = signatures.get(label);
    if (octets === undefined) throw malformed('labels');
    return { label, input, octets };
  });
}

function received({ label, input: { list, text }, octets }: Pair): ReceivedSignature {
  const signature = octetsOf(octets);
  if (list === undefined || signature === undefined) throw malformed('a member');
  const [items, parameters] = list;
  return { label, components: readComponents(items), parameters, written: text, signature };
}

function malformed(detail: string): HoldfastError {
  return new HoldfastError('signature_malformed', { detail });
}
