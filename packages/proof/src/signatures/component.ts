import { type BareItem, type Item, serializeItem } from 'structured-headers';
import { HoldfastError } from '../errors.ts';

/** A component identifier (RFC 9421 §2): what a line of a signature base is about. */
export interface Component {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, BareItem>;
  /** As the line begins: the name in quotes, the parameters in the order in which they were received. */
  readonly identifier: string;
}

// Of one signature. Some with parameters (not `req`) take long to resolve, for which no signature was verified yet
const MOST = { components: 32, dear: 8 };
const NAME = /^@?[a-z0-9!#$%&'*+.^_`|~-]+$/;
const NONE: ReadonlyMap<string, BareItem> = new Map();

/** A component by a name of our own. `;req`: of the request that a response answers (RFC 9421 §2.4). */
export function component(name: string, isOfRequest = false): Component {
  return isOfRequest
    ? { name, parameters: new Map([['req', true]]), identifier: `"${name}";req` }
    : { name, parameters: NONE, identifier: `"${name}"` };
}

// By the list itself, which `readSignatureInput` remembers
const known = new WeakMap<readonly Item[], readonly Component[]>();

/**
 * Reads the components of a signature (RFC 9421 §2, §2.3). Each of them occurs once, in whatever order its parameters are
 * written. NOT checked: that they can be resolved.
 */
export function readComponents(items: readonly Item[]): readonly Component[] {
  const components = known.get(items) ?? read(items);
  known.set(items, components);
  return components;
}

function read(items: readonly Item[]): readonly Component[] {
  const dear = items.filter(([, parameters]) => [...parameters.keys()].some((name) => name !== 'req'));
  if (items.length > MOST.components || dear.length > MOST.dear) {
    throw new HoldfastError('signature_malformed', { detail: 'too many components' });
  }
  const components = items.map(readComponent);
  const distinct = new Set(components.map(identity));
  if (distinct.size !== components.length) {
    throw new HoldfastError('signature_malformed', { detail: 'a component occurs twice' });
  }
  return components;
}

/** What a refusal may call a component: strangers choose names. */
export function shownName({ name }: Pick<Component, 'name'>): string {
  return SHOWN.has(name) ? name : 'a component';
}

const SHOWN = new Set(
  '@method @target-uri @authority @scheme @request-target @path @query @query-param @status authorization dpop'
    .split(' ')
    .concat(['content-digest', 'content-type', 'content-length', 'idempotency-key', 'signature', 'signature-input']),
);

function readComponent([name, parameters]: Item): Component {
  // RFC 9421 §2.1: lower case. A name of these characters is a string that needs no escape
  if (typeof name !== 'string' || !NAME.test(name) || name === '@signature-params') {
    throw new HoldfastError('signature_malformed', { detail: 'the name of a component' });
  }
  if (parameters.size === 0) return component(name);
  return { name, parameters, identifier: serializeItem(name, parameters) };
}

function identity({ name, parameters, identifier }: Component): string {
  if (parameters.size < 2) return identifier;
  return serializeItem(name, new Map([...parameters].sort(([one], [other]) => (one < other ? -1 : 1))));
}
