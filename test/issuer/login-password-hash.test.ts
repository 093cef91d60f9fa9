import { argon2Sync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashOfNobody,
  hashPassword,
  type PasswordHash,
  readPasswordHash,
  verifyPassword,
} from '../../packages/issuer/src/login/password-hash.ts';

const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64').replaceAll('=', '');
const SALT = base64(randomBytes(16));
const DIGEST = base64(randomBytes(32));

const scrypt = (parameters: string, salt = SALT, digest = DIGEST) => `$scrypt$${parameters}$${salt}$${digest}`;
const argon2id = (parameters: string, salt = SALT, digest = DIGEST) => `$argon2id$v=19$${parameters}$${salt}$${digest}`;

function read(phc: string): PasswordHash {
  const hash = readPasswordHash(phc);
  if (typeof hash === 'string') throw new Error(hash);
  return hash;
}

describe('a password hash', () => {
  it('of ours verifies its password and no other', async () => {
    const phc = await hashPassword('correct horse battery staple');
    expect(phc).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    const hash = read(phc);
    const tried = ['correct horse battery staple', 'correct horse battery stapl', 'Correct horse battery staple', ''];
    expect(await Promise.all(tried.map((each) => verifyPassword(each, hash)))).toEqual([true, false, false, false]);
    expect(await hashPassword('correct horse battery staple')).not.toBe(phc);
  });

  it('by scrypt, as other programs write it', async () => {
    // openssl kdf -keylen 32 -kdfopt pass:password -kdfopt salt:NaClNaClNaClNaCl -kdfopt n:16384 -kdfopt r:8 -kdfopt p:16 SCRYPT
    const digest = '0bc60e10524fa468165340c9d0caff92532dc1689809e537a2d3f564fb9bb4c2';
    const salt = base64(Buffer.from('NaClNaClNaClNaCl'));
    const hash = read(scrypt('ln=14,r=8,p=16', salt, base64(Buffer.from(digest, 'hex'))));
    expect(await Promise.all(['password', 'passwore'].map((each) => verifyPassword(each, hash)))).toEqual([
      true,
      false,
    ]);
  });

  it('by argon2id, as other programs write it', async () => {
    const nonce = randomBytes(16);
    const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
    const digest = base64(argon2Sync('argon2id', { message: 'correct horse', nonce, ...cost }));
    const hash = read(argon2id('m=19456,t=2,p=1', base64(nonce), digest));
    expect(await Promise.all(['correct horse', 'correct'].map((each) => verifyPassword(each, hash)))).toEqual([
      true,
      false,
    ]);
  });

  it('knows a password however its letters are composed', async () => {
    const hash = read(await hashPassword('Zürich 12345'.normalize('NFD')));
    expect(await verifyPassword('Zürich 12345'.normalize('NFC'), hash)).toBe(true);
  });

  it('of nobody costs the same and no password has it', async () => {
    const hash = read(await hashPassword('correct horse'));
    const nobody = hashOfNobody(hash);
    expect(nobody).toMatchObject({ kind: 'scrypt', ln: 17, r: 8, p: 1 });
    expect([nobody.salt, nobody.digest].map((each) => each.length)).toEqual([16, 32]);
    expect(await verifyPassword('correct horse', nobody)).toBe(false);
  });
});

describe('which hashes are taken', () => {
  it.each([
    scrypt('ln=17,r=8,p=1'),
    scrypt('ln=16,r=8,p=2'),
    scrypt('ln=15,r=8,p=3'),
    scrypt('ln=14,r=8,p=5'),
    scrypt('ln=13,r=8,p=10'),
    argon2id('m=65536,t=3,p=4'),
    argon2id('m=47104,t=1,p=1'),
    argon2id('m=19456,t=2,p=1'),
    argon2id('m=12288,t=3,p=1'),
    argon2id('m=9216,t=4,p=1'),
    argon2id('m=7168,t=5,p=1'),
    scrypt('ln=17,r=8,p=1', base64(randomBytes(64)), base64(randomBytes(64))),
  ])('taken: %s', (phc) => {
    expect(readPasswordHash(phc)).toBeTypeOf('object');
  });

  it.each<[string, string, RegExp]>([
    ['too little work', scrypt('ln=14,r=8,p=4'), /too weak/],
    ['too little work', argon2id('m=19456,t=1,p=1'), /too weak/],
    ['too little memory', scrypt('ln=10,r=8,p=99'), /too weak/],
    ['too little memory', argon2id('m=4096,t=20,p=1'), /too weak/],
    ['too much work', scrypt('ln=17,r=8,p=8'), /too costly/],
    ['too much work', argon2id('m=262144,t=5,p=1'), /too costly/],
    ['too much memory', scrypt('ln=20,r=8,p=1'), /too costly/],
    ['no end of memory', scrypt('ln=99,r=99,p=99'), /too costly/],
    ['too much memory', argon2id('m=1048576,t=1,p=1'), /too costly/],
    ['a short salt', scrypt('ln=17,r=8,p=1', base64(randomBytes(15))), /salt of 16 to 64/],
    ['a long salt', scrypt('ln=17,r=8,p=1', base64(randomBytes(65))), /salt of 16 to 64/],
    ['a short hash', scrypt('ln=17,r=8,p=1', SALT, base64(randomBytes(31))), /hash of 32 to 64/],
    ['a long hash', argon2id('m=65536,t=3,p=4', SALT, base64(randomBytes(65))), /hash of 32 to 64/],
  ])('refused with %s: %s', (_what, phc, reason) => {
    expect(readPasswordHash(phc)).toMatch(reason);
  });

  it.each([
    '',
    'correct horse battery staple',
    '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
    '$5$rounds=5000$salt$hash',
    scrypt('ln=17,r=8,p=1').replace('scrypt', 'argon2i'),
    argon2id('m=65536,t=3,p=4').replace('v=19', 'v=16'),
    argon2id('m=65536,t=3,p=4').replace('$v=19', ''),
    scrypt('r=8,ln=17,p=1'),
    scrypt('ln=017,r=8,p=1'),
    scrypt('ln=17,r=8,p=1,x=1'),
    scrypt('ln=17,r=8'),
    scrypt('N=131072,r=8,p=1'),
    scrypt('ln=17,r=8,p=1', `${SALT.slice(0, -1)}-`),
    scrypt('ln=17,r=8,p=1', SALT.slice(0, -1)),
    scrypt('ln=17,r=8,p=1', SALT, `${'A'.repeat(42)}B`),
    `${scrypt('ln=17,r=8,p=1')}=`,
    `${scrypt('ln=17,r=8,p=1')}\n`,
    ` ${scrypt('ln=17,r=8,p=1')}`,
  ])('refused as no PHC string of these kinds: %j', (phc) => {
    expect(readPasswordHash(phc)).toMatch(/^must be a PHC string/);
  });

  it('whatever it is, the reason holds nothing of it', () => {
    const parts = fc.array(
      fc.oneof(fc.constantFrom('$scrypt', '$ln=17,r=8,p=1', '$argon2id', '$v=19', '$s3cr3t'), fc.string()),
    );
    fc.assert(
      fc.property(parts, (given) => {
        const reason = readPasswordHash(`${given.join('')}s3cr3t`);
        expect(typeof reason === 'string' && !reason.includes('s3cr3t')).toBe(true);
      }),
    );
  });
});
