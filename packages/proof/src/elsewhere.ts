import { HoldfastError } from './errors.ts';
import { withinTime } from './within-time.ts';

export interface Question {
  /** What it means when no answer comes, in words of our own. */
  readonly complaint: string;
  /** ms that the answer may take, waiting for its turn included. Default: 30,000, which leaves time for a touch or a PIN. */
  readonly timeout?: number | undefined;
  /** Whose questions are put one after another. Left out: this one is put at once. */
  readonly inTurnOf?: object | undefined;
}

const TIMEOUT = 30_000;
const LONGEST = 2 ** 31 - 1; // what a timer can hold

/**
 * An answer of code that is not ours: a provider of keys, a KMS. Throws `key_unusable` when it fails or takes too long, with
 * the name of the fault where it has one. Its text and the error itself are left out: they may quote a PIN or a key.
 */
export async function askElsewhere<T>(
  put: () => T | PromiseLike<T>,
  { complaint, timeout = TIMEOUT, inTurnOf }: Question,
): Promise<T> {
  if (!(Number.isSafeInteger(timeout) && timeout > 0 && timeout <= LONGEST)) throw unusable('timeout');
  const named = () => nameFault(put, complaint);
  const answer = inTurnOf === undefined ? withinTime(named(), timeout) : inTurn(inTurnOf, named, timeout);
  try {
    return await answer;
  } catch (thrown) {
    throw thrown instanceof HoldfastError ? thrown : unusable(`${complaint}: no answer within ${timeout} ms`);
  }
}

async function nameFault<T>(put: () => T | PromiseLike<T>, complaint: string): Promise<T> {
  try {
    return await put();
  } catch (thrown) {
    const name = nameOf(thrown);
    throw unusable(name === undefined ? complaint : `${complaint} (${name})`);
  }
}

/** What ends when the last question that was put to each has ended. It never rejects. */
const turns = new WeakMap<object, Promise<void>>();

/**
 * Begins when everything that was given before for the same owner has ended or is late itself: who never answers holds up
 * nobody for longer than its own time. What is late before its turn is never begun.
 */
async function inTurn<T>(owner: object, begin: () => Promise<T>, timeout: number): Promise<T> {
  let isOver = false;
  const before = turns.get(owner) ?? Promise.resolve();
  const mine = before.then(() => (isOver ? Promise.reject(new Error('late')) : begin()));
  const answer = withinTime(mine, timeout);
  // Both without their values: a chain of answers would be kept for as long as its owner
  turns.set(
    owner,
    Promise.allSettled([before, answer]).then(() => {}),
  );
  try {
    return await answer;
  } finally {
    isOver = true;
  }
}

/** What a fault is called: a return value of PKCS#11 (which stands where others have a text), a code, a class of errors. */
function nameOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { message, code, name } = thrown as Error & { readonly code?: unknown };
  if (/^CKR_[A-Z0-9_]{1,60}$/.test(message)) return message;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  return name !== 'Error' && /^[A-Z][A-Za-z0-9]{1,63}$/.test(name) ? name : undefined;
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('key_unusable', { detail });
}
