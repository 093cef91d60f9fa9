import { hash } from 'node:crypto';
import * as z from 'zod';
import { ConfigurationError } from '../config.ts';
import { type Account, isSubject, type Login } from './login.ts';
import { hashOfNobody, type PasswordHash, readPasswordHash, verifyPassword } from './password-hash.ts';
import { createTurns } from './turns.ts';

export interface AccountsOptions {
  /** Every `client_id`: nobody's `sub` may be one (FAPI 2.0 §6.7). */
  readonly reservedSubjects: Iterable<string>;
  /** Hashes at once. Default 3: one of the four threads that Node has for such work stays free for files and names. */
  readonly hashesAtOnce?: number;
  /** Logins that wait for that, at most; one more is refused with `too_many_requests`. Default 32. */
  readonly waiting?: number;
}

const LONGEST_NAME = 128; // characters
const LONGEST_PASSWORD = 1024; // octets

const account = z.strictObject({
  username: z
    .string()
    .refine(
      (name) => isUserName(name),
      `must be 1 to ${LONGEST_NAME} characters without controls, no space at its ends`,
    ),
  password: z.string().transform((phc, context): PasswordHash => {
    const read = readPasswordHash(phc);
    if (typeof read !== 'string') return read;
    context.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  }),
  /** OIDC Core §2. */
  sub: z.string().refine(isSubject, 'must be 1 to 255 visible ASCII characters'),
  name: z.string().min(1).max(128).optional(),
});

interface Entry {
  readonly account: Account;
  readonly hash: PasswordHash;
}

/**
 * Accounts from a parsed JSON array of `{ username, password, sub, name? }`; `password` is a PHC string. Throws
 * `ConfigurationError` with one line per fault, in which no value is.
 *
 * User names are compared in Unicode's NFC and are case-sensitive: `ada` and `Ada` are two. Passwords are compared in NFC.
 */
export function readAccounts(value: unknown, options: AccountsOptions): Login {
  const { reservedSubjects, hashesAtOnce = 3, waiting = 32 } = options;
  const entries = readEntries(value, new Set(reservedSubjects));
  const nobodies = [...entries.values()].map((entry) => hashOfNobody(entry.hash));
  const subjects = new Set([...entries.values()].map(({ account: { sub } }) => sub));
  const turns = createTurns({ atOnce: hashesAtOnce, waiting });

  return {
    async check(typed, password) {
      if (password === '' || Buffer.byteLength(password) > LONGEST_PASSWORD) return undefined;
      const name = typed.slice(0, LONGEST_NAME + 1).normalize('NFC');
      const entry = isUserName(typed) ? entries.get(name) : undefined;
      // An unknown name takes the time that an account would take, and the same time whenever it is tried
      const verified = entry?.hash ?? nobodies[hash('sha256', name, 'buffer').readUInt32BE() % nobodies.length];
      const isRight = verified !== undefined && (await turns.take(() => verifyPassword(password, verified)));
      return isRight ? entry?.account : undefined;
    },
    isKnown: (sub) => subjects.has(sub),
  };
}

function readEntries(value: unknown, reserved: ReadonlySet<string>): Map<string, Entry> {
  const result = accounts(reserved).safeParse(value);
  if (!result.success) throw new ConfigurationError(result.error.issues.map(lineOf).join('\n'));
  return new Map(
    result.data.map(({ username, password, sub, name }) => [
      username.normalize('NFC'),
      { account: { sub, ...(name === undefined ? {} : { name }) }, hash: password },
    ]),
  );
}

function accounts(reserved: ReadonlySet<string>) {
  return z
    .array(account)
    .min(1)
    .superRefine((all, context) => {
      const fault = (i: number, member: string, message: string) =>
        context.addIssue({ code: 'custom', path: [i, member], message });
      const [names, subs] = [new Set<string>(), new Set<string>()];
      for (const [i, { username, sub }] of all.entries()) {
        if (names.size === names.add(username.normalize('NFC')).size) fault(i, 'username', 'is there twice');
        if (subs.size === subs.add(sub).size) fault(i, 'sub', 'is there twice');
        if (reserved.has(sub)) fault(i, 'sub', 'must not be the client_id of a client');
      }
    });
}

// RFC 8265 §3.3 as far as it matters here: nothing that cannot be typed or seen
function isUserName(name: string): boolean {
  const isSound = name.length <= LONGEST_NAME && /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]*[^\p{C}\p{Z}])?$/u.test(name);
  return isSound && name.isWellFormed();
}

// A member that is not known is not named: in a file of hashes it may be one
function lineOf({ path, code, message }: z.core.$ZodIssue): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return `accounts${steps.join('')}: ${code === 'unrecognized_keys' ? 'has a member that is not known' : message}`;
}
