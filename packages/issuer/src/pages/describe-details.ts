import type { JsonObject } from '@holdfast/proof';
import type { AuthorizationDetailsType } from '../config.ts';
import { grouped, moneyOf } from './amount.ts';
import { quotedText, visibleText } from './visible-text.ts';

/** One line of what is asked for. Both are text, to be escaped like any other. */
export interface Row {
  readonly label: string;
  readonly value: string;
  /** A part of the value is not shown; the value says so. */
  readonly isCut?: boolean;
}

/** An element of authorization_details in words. */
export interface ShownDetails {
  readonly title: string;
  readonly resource: string;
  readonly rows: readonly Row[];
}

/** What the configuration says about a type, as far as people see it. */
export type DetailsWords = Pick<AuthorizationDetailsType, 'title' | 'resource' | 'labels'>;

const MOST_ROWS = 100;
const MOST_ITEMS = 100;
const LONGEST_TEXT = 300; // characters
const LONGEST_ITEM = 100;
const LONGEST_NAME = 60;
const DEEPEST = 8;

/** RFC 9396 §2.2, where the configuration has no other word for them. */
const COMMON_LABELS: ReadonlyMap<string, string> = new Map([
  ['locations', 'Locations'],
  ['actions', 'Actions'],
  ['datatypes', 'Data'],
  ['identifier', 'Identifier'],
  ['privileges', 'Privileges'],
]);

/**
 * Every member of an entry as a line, those that the configuration names first and in its order; what lies deeper is named
 * by a path such as `limits.daily`. Members that it does not name are there too, under their own name in quotation marks.
 * The `type` is the title. Not checked: that the entry fits the schema of its type.
 */
export function describeDetails({ title, resource, labels }: DetailsWords, entry: JsonObject): ShownDetails {
  const { type: _, ...members } = entry;
  const top = { labels: new Map(Object.entries(labels)), label: '', path: '', depth: 0 };
  const rows = [...rowsOfMembers(members, top)];
  if (rows.length <= MOST_ROWS) return { title, resource, rows };
  const shown = rows.slice(0, MOST_ROWS - 1);
  const rest = { label: 'Not shown', value: `${rows.length - shown.length} more lines`, isCut: true };
  return { title, resource, rows: [...shown, rest] };
}

interface Place {
  /** By path. */
  readonly labels: ReadonlyMap<string, string>;
  readonly label: string;
  /** Names from the entry down, with dots between them. */
  readonly path: string;
  readonly depth: number;
}

function* rowsOfMembers(value: JsonObject, place: Place): Generator<Row> {
  const known = [...place.labels.keys()];
  const order = (name: string) => known.indexOf(below(place, name));
  const [named, others] = [Object.keys(value).filter((name) => order(name) >= 0), Object.keys(value)];
  named.sort((one, other) => order(one) - order(other));
  for (const name of new Set([...named, ...others])) yield* rowsOf(value[name], memberOf(place, name));
}

function* rowsOf(value: unknown, place: Place): Generator<Row> {
  const { label, depth } = place;
  if (!isStructured(value)) yield { label, ...shown(value, LONGEST_TEXT) };
  else if (depth > DEEPEST) yield { label, ...shown(JSON.stringify(value), LONGEST_TEXT) };
  else if (!Array.isArray(value)) yield* rowsOfObject(value as JsonObject, place);
  else if (value.some(isStructured)) for (const [i, item] of value.entries()) yield* rowsOf(item, itemOf(place, i));
  else yield { label, ...listed(value) };
}

function* rowsOfObject(value: JsonObject, place: Place): Generator<Row> {
  const money = moneyOf(value);
  if (money !== undefined) yield { label: place.label, value: money };
  else if (Object.keys(value).length === 0) yield { label: place.label, value: '(nothing)' };
  else yield* rowsOfMembers(value, place);
}

function memberOf(place: Place, name: string): Place {
  const path = below(place, name);
  const common = place.depth === 0 ? COMMON_LABELS.get(name) : undefined;
  const word = place.labels.get(path) ?? common ?? quotedText(name, LONGEST_NAME);
  const label = place.label === '' ? word : `${place.label} › ${word}`;
  return { labels: place.labels, label, path, depth: place.depth + 1 };
}

function itemOf(place: Place, index: number): Place {
  return { ...place, label: `${place.label} ${index + 1}`, depth: place.depth + 1 };
}

function below({ path }: Place, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isStructured(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function listed(items: readonly unknown[]): Omit<Row, 'label'> {
  if (items.length === 0) return { value: '(none)' };
  const words = items.slice(0, MOST_ITEMS).map((item) => shown(item, LONGEST_ITEM, /[,]/));
  const left = items.length - words.length;
  const rest = left === 0 ? [] : [`… (${left} more)`];
  const isCut = left > 0 || words.some((word) => word.isCut);
  return { value: [...words.map(({ value }) => value), ...rest].join(', '), ...(isCut ? { isCut } : {}) };
}

/** A value that is neither an object nor a list. In quotation marks when it could pass for something else without. */
function shown(value: unknown, longest: number, ambiguous?: RegExp): Omit<Row, 'label'> {
  if (typeof value === 'boolean') return { value: value ? 'yes' : 'no' };
  if (typeof value === 'number') return { value: grouped(String(value)) };
  if (typeof value !== 'string') return { value: '(none)' };
  const isPlain = /^[^\s(“”][^“”]*$/u.test(value) && !value.endsWith(' ') && ambiguous?.test(value) !== true;
  const isCut = Array.from(value).length > longest;
  return { value: (isPlain ? visibleText : quotedText)(value, longest), ...(isCut ? { isCut } : {}) };
}
