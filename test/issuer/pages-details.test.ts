import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DetailsWords, describeDetails } from '../../packages/issuer/src/pages/describe-details.ts';

const ORDERS: DetailsWords = {
  title: 'Place orders',
  resource: 'https://venue.example',
  labels: {
    instruments: 'Instruments',
    sides: 'Sides',
    maximum_notional: 'At most per order',
    'limits.daily': 'A day',
    limits: 'Limits',
  },
};

const lines = (members: Record<string, unknown>, words = ORDERS) =>
  describeDetails(words, { type: 'order_entry', ...members }).rows.map(({ label, value }) => `${label}: ${value}`);

const isCut = (members: Record<string, unknown>) => describeDetails(ORDERS, members).rows.some((row) => row.isCut);

describe('authorization_details in words', () => {
  it('FAPI2-5.3.2.2-13 an order entry as a trader would say it, in the order of the configuration', () => {
    const entry = {
      maximum_notional: { amount: '1000000.00', currency: 'USD' },
      sides: ['buy', 'sell'],
      instruments: ['BTC-USD', 'ETH-USD'],
    };
    expect(describeDetails(ORDERS, { type: 'order_entry', ...entry })).toMatchObject({
      title: 'Place orders',
      resource: 'https://venue.example',
    });
    expect(lines(entry)).toEqual([
      'Instruments: BTC-USD, ETH-USD',
      'Sides: buy, sell',
      'At most per order: 1,000,000.00 USD',
    ]);
    expect(isCut(entry)).toBe(false);
  });

  it.each<[string, unknown, string]>([
    ['whole number', 1234567, '1,234,567'],
    ['small number', 999, '999'],
    ['fraction', 1234.56789, '1,234.56789'],
    ['negative number', -1000, '-1,000'],
    ['number with an exponent', 1e21, '1e+21'],
    ['true', true, 'yes'],
    ['false', false, 'no'],
    ['null', null, '(none)'],
    ['empty text', '', '“”'],
    ['text with a space at its end', 'BTC ', '“BTC ”'],
    ['text that looks like our own words', '(none)', '“(none)”'],
    ['digits as text', '1000000', '1000000'],
    ['empty list', [], '(none)'],
    ['empty object', {}, '(nothing)'],
    ['list of numbers', [1000, 2], '1,000, 2'],
    ['one item that looks like two', ['buy, sell'], '“buy, sell”'],
    ['money with a number', { amount: 2500000, currency: 'EUR' }, '2,500,000 EUR'],
    [
      'money with many digits',
      { amount: '12345678901234567890.123456789', currency: 'BTC' },
      '12,345,678,901,234,567,890.123456789 BTC',
    ],
  ])('FAPI2-5.3.2.2-13 %s', (_what, value, shown) => {
    expect(lines({ sides: value })).toEqual([`Sides: ${shown}`]);
  });

  it('FAPI2-5.3.2.2-13 what lies deeper by its path, labelled where the configuration does', () => {
    expect(lines({ limits: { open: 3, daily: { amount: '5.00', currency: 'USD' } } })).toEqual([
      'Limits › A day: 5.00 USD',
      'Limits › “open”: 3',
    ]);
    expect(lines({ sides: [{ side: 'buy' }, 'sell', ['x', { y: 1 }]] })).toEqual([
      'Sides 1 › “side”: buy',
      'Sides 2: sell',
      'Sides 3 1: x',
      'Sides 3 2 › “y”: 1',
    ]);
  });

  it('FAPI2-5.3.2.2-13 the common members of RFC 9396 have words of their own', () => {
    expect(lines({ actions: ['read'], locations: ['https://a.example'], privileges: ['admin'] })).toEqual([
      'Actions: read',
      'Locations: https://a.example',
      'Privileges: admin',
    ]);
  });

  it('RAR-12-02 members that nobody named are there under their own name, which can pass for no label', () => {
    expect(lines({ extra: 1, 'At most per order': 'x', constructor: 2, ['__proto__']: 3, 'a”: b': 4 })).toEqual([
      '“extra”: 1',
      '“At most per order”: x',
      '“constructor”: 2',
      '“__proto__”: 3',
      '“a⟨U+201D⟩: b”: 4',
    ]);
  });

  it('RAR-12-02 money that has more to it is no money', () => {
    expect(lines({ sides: { amount: '1.00', currency: 'USD', per: 'second' } })).toEqual([
      'Sides › “amount”: 1.00',
      'Sides › “currency”: USD',
      'Sides › “per”: second',
    ]);
    expect(lines({ sides: { amount: '1e9', currency: 'USD' } })).toEqual([
      'Sides › “amount”: 1e9',
      'Sides › “currency”: USD',
    ]);
    expect(lines({ sides: { amount: '1', currency: 'USD or more' } })).toContain('Sides › “currency”: USD or more');
    expect(lines({ sides: { amount: `1${'0'.repeat(5000)}`, currency: 'USD' } })).toHaveLength(2);
  });

  it('RAR-12-02 whatever is left out is counted, and marked', () => {
    const many = Array.from({ length: 150 }, (_, i) => `I${i}`);
    expect(lines({ instruments: many })[0]).toMatch(/^Instruments: I0, .*, I99, … \(50 more\)$/);
    expect(isCut({ instruments: many })).toBe(true);
    expect(lines({ sides: 'z'.repeat(10_000) })[0]).toMatch(/^Sides: z{300}… \(9700 more characters\)$/);
    expect(isCut({ sides: 'z'.repeat(10_000) })).toBe(true);
    expect(isCut({ instruments: ['z'.repeat(101)] })).toBe(true);
    const wide = lines(Object.fromEntries(many.map((name) => [name, 1])));
    expect([wide.length, wide.at(-1)]).toEqual([100, 'Not shown: 51 more lines']);
    expect(isCut(Object.fromEntries(many.map((name) => [name, 1])))).toBe(true);
    const deep = Array.from({ length: 12 }).reduce<unknown>((inner) => ({ in: inner }), 'bottom');
    expect(lines({ sides: deep })[0]).toMatch(/^Sides › .*“in”: .*bottom/);
  });

  const leaf = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: fc.constantFrom('\u202E', '\u200B', '“', '”', ',', ' ', '<', 'a', 'Я'), maxLength: 20 }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 12 }), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  const entry = fc.dictionary(
    fc.oneof(fc.constantFrom('sides', 'limits', 'type'), fc.string({ unit: 'binary', maxLength: 12 })),
    value,
    { maxKeys: 6 },
  );

  it('RAR-12-02 of any entry every member has its line, and no line holds what cannot be seen', () => {
    const invisible = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    fc.assert(
      fc.property(entry, (members) => {
        const { rows } = describeDetails(ORDERS, members);
        for (const row of rows) expect(row.label + row.value).not.toMatch(invisible);
        expect(rows.every(({ label, value }) => label !== '' && value !== '')).toBe(true);
        const { type: _, ...others } = members;
        expect(rows.length >= Math.min(leaves(others), 100)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('RAR-12-02 entries that differ do not read the same', () => {
    const plain = fc.dictionary(
      fc.constantFrom('sides', 'instruments', 'extra'),
      fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })).filter((each) => !/[⟨]|^\d+$/.test(String(each))),
      { maxKeys: 3 },
    );
    const read = (members: object) =>
      JSON.stringify(
        Object.entries(members)
          .map(([name, each]) => [name, canonical(each)])
          .sort(),
      );
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        fc.pre(read(one) !== read(other));
        expect(lines(one)).not.toEqual(lines(other));
      }),
      { numRuns: 1000 },
    );
  });
});

/** What may read the same: a truth value and the word for it, a number and its digits, nothing and an empty list. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? null : value.length === 1 ? canonical(value[0]) : value.map(canonical);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? String(value).replace(/^-0$/, '0') : value;
}

/** Lines that are needed at least: one for each list of plain values, and for each value that is in no list. */
function leaves(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const inner = Object.values(value);
  const isFlat = Array.isArray(value) && !inner.some((each) => typeof each === 'object' && each !== null);
  const isMoney = 'amount' in value && 'currency' in value;
  return isFlat || isMoney ? 1 : inner.map(leaves).reduce((sum, each) => sum + each, 0);
}
