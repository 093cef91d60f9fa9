// Not by name: the argon2 of newer Nodes cannot be imported by name on older ones
import * as crypto from 'node:crypto';

/** A password hash as its PHC string says it: https://github.com/P-H-C/phc-string-format. */
export type PasswordHash = Scrypt | Argon2id;

interface Salted {
  readonly salt: Buffer;
  readonly digest: Buffer;
}

interface Scrypt extends Salted {
  readonly kind: 'scrypt';
  /** Exponent of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

interface Argon2id extends Salted {
  readonly kind: 'argon2id';
  /** KiB. */
  readonly m: number;
  /** Passes. */
  readonly t: number;
  readonly p: number;
}

const SCRYPT = /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const ARGON2ID = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

// What OWASP's password storage cheat sheet asks for at least: N=2^13, r=8, p=10 or N=2^14, r=8, p=5; m=7 MiB, t=5. And at
// most what four logins at once may cost a server
const LEAST_WORK = { scrypt: 655_360 /* N·r·p */, argon2id: 35_840 /* m·t */ };
const MOST_WORK = { scrypt: 2 ** 22, argon2id: 2 ** 20 }; // about a second
const LEAST_MEMORY = 7 * 1024; // KiB
const MOST_MEMORY = 256 * 1024; // KiB

const SALT_OCTETS = { least: 16, most: 64 };
const DIGEST_OCTETS = { least: 32, most: 64 };

/** Reads a PHC string, or says in a few words what is wrong with it. Nothing of the string is in these words. */
export function readPasswordHash(phc: string): PasswordHash | string {
  const hash = readScrypt(phc) ?? readArgon2id(phc);
  if (hash === undefined)
    return 'must be a PHC string: $scrypt$ln=,r=,p=$salt$hash or $argon2id$v=19$m=,t=,p=$salt$hash';
  if (!isWithin(hash.salt.length, SALT_OCTETS) || !isWithin(hash.digest.length, DIGEST_OCTETS)) {
    return 'must have a salt of 16 to 64 octets and a hash of 32 to 64';
  }
  if (hash.kind === 'argon2id' && !('argon2' in crypto)) return 'argon2id needs Node 24.7 or later; scrypt does not';
  const { memory, work } = costOf(hash);
  if (work < LEAST_WORK[hash.kind] || memory < LEAST_MEMORY) return 'is too weak: its parameters make guessing cheap';
  if (work > MOST_WORK[hash.kind] || memory > MOST_MEMORY) return 'is too costly: each login would hold up the others';
  return hash;
}

/** Whether the password is the one. It takes as long for a wrong one as for the right one. */
export async function verifyPassword(password: string, hash: PasswordHash): Promise<boolean> {
  return crypto.timingSafeEqual(await digestOf(password, hash), hash.digest);
}

/** The PHC string of a new password: scrypt, N=2^17, r=8, p=1, a random salt. About 0.3 s and 128 MiB. */
export async function hashPassword(password: string): Promise<string> {
  const parameters = { kind: 'scrypt', ln: 17, r: 8, p: 1, salt: crypto.randomBytes(16) } as const;
  const digest = await digestOf(password, { ...parameters, digest: Buffer.alloc(32) });
  return `$scrypt$ln=17,r=8,p=1$${base64(parameters.salt)}$${base64(digest)}`;
}

/** A hash like this one, that no password has: to spend the same time on a name that is not known. */
export function hashOfNobody(hash: PasswordHash): PasswordHash {
  return { ...hash, salt: crypto.randomBytes(hash.salt.length), digest: crypto.randomBytes(hash.digest.length) };
}

function readScrypt(phc: string): Scrypt | undefined {
  const [, ln, r, p, ...rest] = SCRYPT.exec(phc) ?? [];
  const salted = readSalted(rest);
  return salted && { kind: 'scrypt', ln: Number(ln), r: Number(r), p: Number(p), ...salted };
}

function readArgon2id(phc: string): Argon2id | undefined {
  const [, m, t, p, ...rest] = ARGON2ID.exec(phc) ?? [];
  const salted = readSalted(rest);
  return salted && { kind: 'argon2id', m: Number(m), t: Number(t), p: Number(p), ...salted };
}

// Base64 without padding, and in its one spelling
function readSalted([salt = '', digest = '']: string[]): Salted | undefined {
  const octets = { salt: Buffer.from(salt, 'base64'), digest: Buffer.from(digest, 'base64') };
  return salt !== '' && base64(octets.salt) === salt && base64(octets.digest) === digest ? octets : undefined;
}

function base64(octets: Buffer): string {
  return octets.toString('base64').replaceAll('=', '');
}

/** Memory in KiB; work in the unit of the kind's bounds. */
function costOf(hash: PasswordHash): { readonly memory: number; readonly work: number } {
  if (hash.kind === 'argon2id') return { memory: hash.m, work: hash.m * hash.t };
  const n = 2 ** hash.ln;
  return { memory: (128 * n * hash.r) / 1024, work: n * hash.r * hash.p };
}

function isWithin(count: number, { least, most }: { readonly least: number; readonly most: number }): boolean {
  return count >= least && count <= most;
}

// RFC 8265 §4.2.2: however a keyboard composes a letter, it is the same password
function digestOf(password: string, hash: PasswordHash): Promise<Buffer> {
  const octets = Buffer.from(password.normalize('NFC'));
  const { salt, digest } = hash;
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, made: Buffer) => (error === null ? resolve(made) : reject(error));
    if (hash.kind === 'argon2id') {
      const cost = { memory: hash.m, passes: hash.t, parallelism: hash.p };
      crypto.argon2('argon2id', { message: octets, nonce: salt, tagLength: digest.length, ...cost }, done);
    } else {
      const maxmem = 2 * costOf(hash).memory * 1024;
      crypto.scrypt(octets, salt, digest.length, { N: 2 ** hash.ln, r: hash.r, p: hash.p, maxmem }, done);
    }
  });
}
