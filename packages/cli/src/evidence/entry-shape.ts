import { HoldfastError, readConfirmation } from '@holdfast/proof';
import type { Opening, OrderEntry } from './entry.ts';

/** Whether a value has the members of the first line of a process, and no others. */
export function isOpening(value: unknown): value is Opening {
  return hasOnly(value, OPENING);
}

/** Whether a value has the members of an order, and no others. NOT checked: whether they fit each other. */
export function isOrder(value: unknown): value is OrderEntry {
  return hasOnly(value, ORDER);
}

type Check = (value: unknown) => boolean;

const HASH = /^[A-Za-z0-9_-]{43}$/;
const isHash: Check = (value) => isText(value) && HASH.test(value as string);
const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime: Check = (value) => typeof value === 'number';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const OPENING: Readonly<Record<string, Check>> = {
  format: (value) => value === 'holdfast-evidence-1',
  origins: isTexts,
  'torn?': (value) => hasOnly(value, { octets: isCount, sha256: isHash }),
};

const ORDER: Readonly<Record<string, Check>> = {
  asked: (value) => hasOnly(value, { method: isText, targetUri: isText, headers: isFields, content: isText }),
  token: (value) => hasOnly(value, TOKEN),
  'certificate?': isText,
  answered: (value) => hasOnly(value, { status: isCount, order: isText, orderStatus: isText }),
};

const TOKEN: Readonly<Record<string, Check>> = {
  iss: isText,
  client_id: isText,
  sub: isText,
  'jti?': isText,
  'iat?': isTime,
  exp: isTime,
  scope: isText,
  cnf: isConfirmation,
  ath: isHash,
};

/** Names with a question mark may be missing. */
function hasOnly(value: unknown, members: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const left = new Map(Object.entries(value));
  for (const [name, check] of Object.entries(members)) {
    const own = name.replace('?', '');
    if (left.has(own) ? !check(left.get(own)) : !name.endsWith('?')) return false;
    left.delete(own);
  }
  return left.size === 0;
}

/** name, value, name, value … */
function isFields(value: unknown): boolean {
  return isTexts(value) && (value as string[]).length % 2 === 0;
}

function isConfirmation(value: unknown): boolean {
  try {
    readConfirmation(value);
    return true;
  } catch (thrown) {
    if (thrown instanceof HoldfastError) return false;
    throw thrown;
  }
}
