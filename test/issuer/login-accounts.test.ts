import { scryptSync } from 'node:crypto';
import { type Account, ConfigurationError, type Login, readAccounts } from '@holdfast/issuer';
import { HoldfastError } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';

/** The cheapest scrypt that is taken. */
function phc(password: string): string {
  const salt = Buffer.from('a salt of 16 oct');
  const digest = scryptSync(password, salt, 32, { N: 2 ** 14, r: 8, p: 5, maxmem: 2 ** 26 });
  const [one, other] = [salt, digest].map((octets) => octets.toString('base64').replaceAll('=', ''));
  return `$scrypt$ln=14,r=8,p=5$${one}$${other}`;
}

const PASSWORD = 'correct horse battery staple';
const ADA = { username: 'ada', password: phc(PASSWORD), sub: 'u-1', name: 'Ada Lovelace' } as const;
const ZOE = { username: 'Zo\u00EB', password: phc('another one'), sub: 'u-2' } as const;

const accounts = (value: unknown = [ADA, ZOE], options: object = {}): Login =>
  readAccounts(value, { reservedSubjects: ['trader'], ...options });

function fault(value: unknown): string {
  try {
    accounts(value);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ConfigurationError);
    return (thrown as Error).message;
  }
  return 'accepted';
}

describe('accounts of a file', () => {
  it('let in who knows the password, and nobody else', async () => {
    const login = accounts();
    expect(await login.check('ada', PASSWORD)).toEqual({ sub: 'u-1', name: 'Ada Lovelace' });
    expect(await login.check('Zo\u00EB', 'another one')).toEqual({ sub: 'u-2' });
    const others: [string, string][] = [
      ['ada', 'another one'],
      ['ada', ''],
      ['ada', `${PASSWORD} `],
      ['', PASSWORD],
      ['nobody', PASSWORD],
      ['__proto__', PASSWORD],
      ['ada\0', PASSWORD],
      ['ada'.repeat(1000), PASSWORD],
      ['ada', 'x'.repeat(1025)],
      ['ada', '\uD800'],
    ];
    const found: (Account | undefined)[] = [];
    for (const [name, password] of others) found.push(await login.check(name, password));
    expect(found).toEqual(others.map(() => undefined));
  });

  it('know a name however its letters are composed, and tell upper from lower case', async () => {
    const login = accounts();
    expect(await login.check('Zoe\u0308', 'another one')).toEqual({ sub: 'u-2' });
    expect(await login.check('zo\u00EB', 'another one')).toBeUndefined();
    expect(await login.check('Ada', PASSWORD)).toBeUndefined();
  });

  it('take as long for a name that nobody has', async () => {
    const login = accounts();
    const time = async (name: string) => {
      const times: number[] = [];
      for (let i = 0; i < 5; i += 1) {
        const begun = performance.now();
        await login.check(name, 'wrong password');
        times.push(performance.now() - begun);
      }
      return Math.min(...times); // what it takes when nothing else is going on
    };
    const [known, unknown] = [await time('ada'), await time('nobody')];
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });

  it('let few be hashed at a time and few wait; one more is told so at once, and later all goes on', async () => {
    const login = accounts([ADA], { hashesAtOnce: 2, waiting: 3 });
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => login.check('ada', PASSWORD)));
    const refused = asked.filter((each) => each.status === 'rejected');
    expect(asked.length - refused.length).toBe(5);
    expect(asked.slice(0, 5).map((each) => each.status === 'fulfilled' && each.value?.sub)).toEqual(
      Array(5).fill('u-1'),
    );
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(HoldfastError);
      expect(reason).toMatchObject({ code: 'too_many_requests', issuerStatus: 503 });
    }
    expect(await login.check('ada', PASSWORD)).toMatchObject({ sub: 'u-1' });
  });
});

describe('a wrong account is named and nothing of it is shown', () => {
  const SECRET = 's3cr3t-swordfish';

  it.each<[string, unknown]>([
    ['accounts', null],
    ['accounts', []],
    ['accounts', { ada: SECRET }],
    ['accounts[0]', [SECRET]],
    ['accounts[0]', [{ ...ADA, [SECRET]: 1 }]],
    ['accounts[0].username', [{ ...ADA, username: undefined }]],
    ['accounts[0].username', [{ ...ADA, username: '' }]],
    ['accounts[0].username', [{ ...ADA, username: ` ${SECRET}` }]],
    ['accounts[0].username', [{ ...ADA, username: `${SECRET}\n` }]],
    ['accounts[0].username', [{ ...ADA, username: `${SECRET}\u202E` }]],
    ['accounts[0].username', [{ ...ADA, username: SECRET.repeat(9) }]],
    ['accounts[0].password', [{ ...ADA, password: SECRET }]],
    ['accounts[0].password', [{ ...ADA, password: `$scrypt$ln=10,r=8,p=1$${ADA.password.split('$')[3]}$${SECRET}` }]],
    ['accounts[0].password', [{ ...ADA, password: ADA.password.replace('ln=14', 'ln=12') }]],
    ['accounts[0].password', [{ ...ADA, password: undefined }]],
    ['accounts[0].sub', [{ ...ADA, sub: '' }]],
    ['accounts[0].sub', [{ ...ADA, sub: `${SECRET} ` }]],
    ['accounts[0].sub', [{ ...ADA, sub: `${SECRET}ë` }]],
    ['accounts[0].sub', [{ ...ADA, sub: 'x'.repeat(256) }]],
    ['accounts[0].name', [{ ...ADA, name: '' }]],
    ['accounts[1].username', [ADA, { ...ZOE, username: 'ada' }]],
    ['accounts[1].username', [{ ...ADA, username: 'Zoe\u0308' }, ZOE]],
    ['accounts[1].sub', [ADA, { ...ZOE, sub: 'u-1' }]],
  ])('%s', (field, value) => {
    const message = fault(value);
    expect(message.split('\n').map((line) => line.slice(0, line.indexOf(':')))).toEqual([field]);
    expect(message).not.toMatch(/s3cr3t|\$scrypt\$ln=1/);
  });

  it('one line for each fault', () => {
    const wrong = [
      { ...ADA, sub: '' },
      { ...ZOE, username: '' },
    ];
    expect(fault(wrong).split('\n')).toHaveLength(2);
  });

  it('FAPI2-6.7-01 nobody has a sub that is the client_id of a client', () => {
    expect(fault([{ ...ADA, sub: 'trader' }])).toBe('accounts[0].sub: must not be the client_id of a client');
    expect(fault([{ ...ADA, sub: 'trader2' }])).toBe('accepted');
  });
});
