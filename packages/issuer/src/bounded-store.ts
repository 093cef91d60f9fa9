import { hash } from 'node:crypto';
import { HoldfastError, type Store, withinTime } from '@holdfast/proof';

const LONGEST = 60_000; // ms; nobody waits longer for an answer to a request

/**
 * The storage port as one issuer uses it: every verb answers within `timeout` ms and with what it has to, or throws. Of
 * several issuers that share a store none sees what is another's.
 */
export function boundedStore(store: Store, issuer: string, timeout: number): Store {
  if (!(timeout >= 0 && timeout <= LONGEST)) throw new TypeError(`timeout: 0 to ${LONGEST} ms`);
  const owner = hash('sha256', issuer, 'base64url').slice(0, 16);
  const own = (key: string) => `${key} ${owner}`;
  return {
    isVolatile: store.isVolatile ?? false,
    add: (key, value, expiresAt) => ask(() => store.add(own(key), value, expiresAt), timeout, isBoolean),
    get: (key) => ask(() => store.get(own(key)), timeout, isText),
    take: (key) => ask(() => store.take(own(key)), timeout, isText),
  };
}

// A store that answers at once costs no turn of the event loop
function ask<T>(verb: () => unknown, timeout: number, isAnswer: (answer: unknown) => answer is T): T | Promise<T> {
  try {
    const answer = verb();
    return isAnswer(answer) ? answer : later(answer, timeout, isAnswer);
  } catch (thrown) {
    throw refusalOf(thrown);
  }
}

async function later<T>(promised: unknown, timeout: number, isAnswer: (answer: unknown) => answer is T): Promise<T> {
  try {
    const answer = await withinTime(Promise.resolve(promised), timeout);
    if (isAnswer(answer)) return answer;
  } catch (thrown) {
    throw refusalOf(thrown);
  }
  throw new HoldfastError('store_unavailable', { detail: 'not an answer of a store' });
}

// What a store says about itself; any other refusal would be somebody else's answer
function refusalOf(thrown: unknown): HoldfastError {
  const isOwn = thrown instanceof HoldfastError && thrown.status >= 500;
  return isOwn ? thrown : new HoldfastError('store_unavailable', { cause: thrown });
}

function isBoolean(answer: unknown): answer is boolean {
  return typeof answer === 'boolean';
}

function isText(answer: unknown): answer is string | undefined {
  return answer === undefined || typeof answer === 'string';
}
