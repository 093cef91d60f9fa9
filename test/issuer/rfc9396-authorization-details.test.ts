import { describe, expect, it } from 'vitest';
import { claims, VENUE } from './forge.ts';
import {
  type Answer,
  browser,
  createPeople,
  DESK,
  type Fields,
  ORDER,
  ORDER_ENTRY,
  type People,
  RIVAL,
} from './people.ts';
import { ask, REPORTS, SERVERS } from './questions.ts';
import { FORMATS } from './tokens.ts';

const REPORT_ACCESS = {
  type: 'report_access',
  resource: REPORTS,
  title: 'Read reports',
  schema: {
    type: 'object',
    properties: {
      type: { const: 'report_access' },
      actions: { type: 'array', items: { enum: ['read', 'export'] } },
      filter: {},
    },
    required: ['type', 'actions'],
  },
} as const;
const REPORT = { type: 'report_access', actions: ['read'] };
const SMALL = { ...ORDER, instruments: ['BTC-USD'] };

/** An entry of so many characters that its schema does not mind. */
const long = (length: number) => ({ ...REPORT, filter: 'x'.repeat(length) });

/** Of so many levels below the entry. */
const deep = (levels: number) => ({ ...REPORT, filter: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) });

const TYPES = {
  ...SERVERS,
  authorization_details_types: [ORDER_ENTRY, REPORT_ACCESS],
  clients: [
    {
      ...DESK,
      scope: 'orders:read orders:write reports:read',
      authorization_details_types: ['order_entry', 'report_access'],
    },
    { ...RIVAL, authorization_details_types: [] },
  ],
};

const details = (...entries: object[]): Fields => ({ authorization_details: JSON.stringify(entries) });
const people = await createPeople(TYPES);
const forItself = (form: Fields, its: People = people) =>
  its.send('token', { form: { grant_type: 'client_credentials', ...form } });

function expectRefused({ status, body }: Answer): void {
  expect({ status, error: body['error'], code: body['code'] }).toEqual({
    status: 400,
    error: 'invalid_authorization_details',
    code: 'authorization_details_invalid',
  });
  expect(body).not.toHaveProperty('access_token');
}

const EMPTY = JSON.stringify([long(0)]).length;

/** Entries that are no good, by what is wrong with them. */
const FAULTS: [string, unknown][] = [
  ['RAR-5-01 an unknown type', { ...ORDER, type: 'order_exit' }],
  ['RAR-5-01 no type', { ...ORDER, type: undefined }],
  ['RAR-5-01 a type in another letter case', { ...ORDER, type: 'Order_Entry' }],
  ['RAR-5-01 a type that is no text', { ...ORDER, type: ['order_entry'] }],
  ['RAR-5-01 a type by the name of what every object has', { ...ORDER, type: 'constructor' }],
  ['RAR-5-01 an unknown field', { ...ORDER, venue: 'elsewhere' }],
  ['RAR-5-01 RAR-2-02 a common field that the type does not have', { ...ORDER, locations: [VENUE] }],
  [
    'RAR-5-01 an unknown field, deeper',
    { ...ORDER, maximum_notional: { amount: '1', currency: 'USD', per: 'second' } },
  ],
  ['RAR-5-01 a field of the wrong kind', { ...ORDER, instruments: 'BTC-USD' }],
  ['RAR-5-01 a field of the wrong kind, deeper', { ...ORDER, maximum_notional: { amount: 1, currency: 'USD' } }],
  ['RAR-5-01 a value that is not allowed', { ...ORDER, sides: ['steal'] }],
  ['RAR-5-01 a value that is not of the form', { ...ORDER, instruments: ['btc-usd'] }],
  ['RAR-5-01 a value that is there twice', { ...ORDER, sides: ['buy', 'buy'] }],
  ['RAR-5-01 a missing field', { ...ORDER, sides: undefined }],
  ['RAR-5-01 a missing field, deeper', { ...ORDER, maximum_notional: { amount: '1' } }],
  ['RAR-5-01 a field of null', { ...ORDER, sides: null }],
  ['RAR-5-01 a text', 'order_entry'],
  ['RAR-5-01 null', null],
  ['RAR-5-01 a list', [ORDER]],
  ['RAR-12-02 nine levels, from the list down', deep(7)],
];

/** Texts that are no good. */
const TEXTS: [string, string][] = [
  ['RAR-5-01 no JSON', '[{'],
  ['RAR-5-01 an object', JSON.stringify(ORDER)],
  ['RAR-5-01 an empty list', '[]'],
  ['RAR-5-01 one good and one bad', JSON.stringify([ORDER, { type: 'x' }])],
  ['RAR-12-02 21 entries', JSON.stringify(Array.from({ length: 21 }, () => SMALL))],
  ['RAR-12-02 more than 8192 octets', JSON.stringify([long(8193 - EMPTY)])],
  ['RAR-12-02 more than 8192 octets of fewer characters', JSON.stringify([{ ...REPORT, filter: '€'.repeat(2731) }])],
  ['RAR-12-02 five thousand levels', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['RAR-12-02 __proto__', JSON.stringify([ORDER]).replace('{', '{"__proto__":{"type":"order_entry"},')],
  ['RAR-12-02 __proto__ in the place of all', '[{"__proto__":{"type":"order_entry"}}]'],
  [
    'RAR-12-02 __proto__, deeper',
    JSON.stringify([ORDER]).replace('"amount"', '"__proto__":{"currency":"USD"},"amount"'),
  ],
  ['RAR-12-02 constructor', JSON.stringify([{ ...ORDER, constructor: { prototype: {} } }])],
  [
    'RAR-12-02 a member that is there twice, the last time wrong',
    JSON.stringify([ORDER]).replace('}]', ',"sides":[]}]'),
  ],
];

describe('RFC 9396 §5 what is refused', () => {
  it.each(FAULTS)('%s: where it is pushed', async (_what, entry) => {
    expectRefused(await people.push({ authorization_details: JSON.stringify([entry]) }));
  });

  it.each(TEXTS)('%s: where it is pushed', async (_what, text) => {
    expectRefused(await people.push({ authorization_details: text }));
  });

  it('RAR-8-01 RAR-5-01 the same at the token endpoint, as an error of its own', async () => {
    const texts = [...FAULTS.map(([, entry]) => JSON.stringify([entry])), ...TEXTS.map(([, text]) => text)];
    for (const authorization_details of texts) expectRefused(await forItself({ authorization_details }));
    const { headers } = await forItself(details({ type: 'x' }));
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  });

  it('RAR-12-02 nothing of it is said again', async () => {
    const { text } = await people.push(details({ ...ORDER, 'swordfish-field': 'swordfish-value' }));
    expect(text).not.toContain('swordfish');
    expect(text).toContain('authorization_details[0]');
  });

  it('RAR-5-01 a type that is not open to the client', async () => {
    expectRefused(await people.push(details(ORDER), { client: 'rival' }));
    expectRefused(
      await people.send('token', { client: 'rival', form: { grant_type: 'client_credentials', ...details(ORDER) } }),
    );
  });

  it('RAR-5-01 a type whose resource was not asked for', async () => {
    expectRefused(await people.push({ scope: 'reports:read', resource: REPORTS, ...details(ORDER) }));
    expectRefused(await forItself({ scope: 'reports:read', resource: REPORTS, ...details(ORDER) }));
    expectRefused(await forItself({ resource: REPORTS, ...details(ORDER, REPORT) }));
  });

  it('RAR-5-01 an inner object is open where its schema says so', async () => {
    const { schema } = ORDER_ENTRY;
    const { maximum_notional: notional } = schema.properties;
    const open = (words: object) => ({
      ...ORDER_ENTRY,
      schema: { ...schema, properties: { ...schema.properties, maximum_notional: { ...notional, ...words } } },
    });
    const entry = { ...ORDER, maximum_notional: { ...ORDER.maximum_notional, per: 'day' } };
    for (const words of [{ additionalProperties: true }, { unevaluatedProperties: { type: 'string' } }]) {
      const its = await createPeople({ authorization_details_types: [open(words)] });
      expect((await its.push(details(entry))).status).toBe(201);
    }
    const composed = {
      allOf: [{ type: 'object', properties: { amount: notional.properties.amount } }],
      properties: { currency: notional.properties.currency },
    };
    const its = await createPeople({ authorization_details_types: [open(composed)] });
    expect((await its.push(details(ORDER))).status).toBe(201);
    expectRefused(await its.push(details(entry)));
  });
});

describe('RFC 9396 §2 what is taken', () => {
  it('RAR-2-02 several entries of one type, up to twenty', async () => {
    const twenty = Array.from({ length: 20 }, () => SMALL);
    expect((await people.push(details(...twenty))).status).toBe(201);
    const { body } = await forItself(details(ORDER, SMALL));
    expect(body['authorization_details']).toEqual([ORDER, SMALL]);
  });

  it('RAR-2-02 eight levels, and 8192 octets', async () => {
    expect((await people.push(details(deep(6)))).status).toBe(201);
    expect((await people.push(details(long(8192 - EMPTY)))).status).toBe(201);
  });

  it('RAR-2-02 REV-2-01 and a token with all of that can be shown, asked about and revoked', async () => {
    const token = String((await forItself(details(long(8192 - EMPTY)))).body['access_token']);
    expect(token.length).toBeLessThan(16_384);
    const active = async () => (await ask(people, token, { by: 'reports-server' })).body['active'];
    expect(await active()).toBe(true);
    await people.send('revoke', { form: { token } });
    expect(await active()).toBe(false);
  });

  it('RAR-2-02 a common field means what its type says', async () => {
    expect((await people.push(details(REPORT))).status).toBe(201);
    expectRefused(await people.push(details({ ...REPORT, actions: ['delete'] })));
  });

  it('RAR-3.1-01 scope and details together, in one page and one token', async () => {
    const its = browser();
    const path = await people.open(its, await people.pushed({ scope: 'orders:read', ...details(ORDER) }));
    await people.logIn(its, path);
    const { text } = await people.browse(its, path);
    for (const shown of ['orders:read', 'Place orders', 'BTC-USD', '1,000,000 USD']) expect(text).toContain(shown);
    const { headers } = await people.decide(its, path, 'approve');
    const { body } = await people.redeem(new URL(headers['Location'] ?? '').searchParams.get('code') ?? '');
    expect(body).toMatchObject({ scope: 'orders:read', authorization_details: [ORDER] });
  });

  it('RAR-7-01 details alone, without any scope', async () => {
    const { body } = await people.redeem(await people.code({ scope: undefined, ...details(ORDER) }));
    expect(body).toMatchObject({ authorization_details: [ORDER] });
    expect(body).not.toHaveProperty('scope');
    expect(claims(body['access_token'])).toMatchObject({ aud: VENUE, authorization_details: [ORDER] });
    expect(claims(body['access_token'])).not.toHaveProperty('scope');
  });

  it('RAR-10-01 the types are in the metadata', () => {
    expect(JSON.parse(people.issuer.metadata().body)).toMatchObject({
      authorization_details_types_supported: ['order_entry', 'report_access'],
    });
  });
});

describe.each(FORMATS)('RFC 9396 §7, §9 where the details of a token are (%s)', async (access_token_format) => {
  const resources = SERVERS.resources.map((each) => ({ ...each, access_token_format }));
  const its = await createPeople({ ...TYPES, resources });
  const both = { scope: 'orders:read reports:read', ...details(ORDER, REPORT) };

  it.each([
    ['venue-server', VENUE, ORDER],
    ['reports-server', REPORTS, REPORT],
  ] as const)('RAR-7-01 RAR-9-01 RAR-9.1-01 RAR-9.2-01 what concerns its audience: %s', async (by, resource, entry) => {
    const { body } = await its.redeem(await its.code(both), { resource });
    expect(body['authorization_details']).toEqual([entry]);
    if (access_token_format === 'jwt') {
      expect(claims(body['access_token'])).toMatchObject({ aud: resource, authorization_details: [entry] });
    }
    const { body: said } = await ask(its, body['access_token'], { by });
    expect(said).toMatchObject({ active: true, aud: resource, authorization_details: [entry] });
  });

  it('RAR-7-01 RAR-9.2-01 a token without details says nothing of them', async () => {
    const { body } = await its.redeem(await its.code({ scope: 'orders:read' }));
    expect(body).not.toHaveProperty('authorization_details');
    expect((await ask(its, body['access_token'])).body).not.toHaveProperty('authorization_details');
  });

  it('RAR-9-01 RAR-9.2-01 a client for itself', async () => {
    const { body } = await forItself(details(ORDER), its);
    expect(body).toMatchObject({ authorization_details: [ORDER] });
    expect(body).not.toHaveProperty('scope');
    expect((await ask(its, body['access_token'])).body).toMatchObject({
      sub: 'trader',
      authorization_details: [ORDER],
    });
  });
});

describe('RFC 9396 §6 fewer details in the token request', () => {
  const two = { scope: 'orders:read', ...details(ORDER, SMALL) };

  it('RAR-7-01 of those that were granted, whatever the order of their members', async () => {
    const code = await people.code(two);
    const turned = Object.fromEntries(Object.entries(SMALL).reverse());
    const { body } = await people.redeem(code, details(turned));
    expect(body['authorization_details']).toEqual([SMALL]);
    expect(claims(body['access_token'])['authorization_details']).toEqual([SMALL]);
    const again = await people.refresh(String(body['refresh_token']));
    expect(again.body['authorization_details']).toEqual([ORDER, SMALL]);
    const less = await people.refresh(String(body['refresh_token']), details(ORDER));
    expect(less.body['authorization_details']).toEqual([ORDER]);
  });

  it.each<[string, object]>([
    ['one that was not granted', REPORT],
    ['one that allows more', { ...ORDER, maximum_notional: { amount: '1000001', currency: 'USD' } }],
    ['one that allows less, which nobody can tell', { ...ORDER, maximum_notional: { amount: '1', currency: 'USD' } }],
    ['one that is no good', { type: 'x' }],
  ])('RAR-8-01 never %s', async (_what, entry) => {
    const code = await people.code(two);
    expectRefused(await people.redeem(code, details(entry)));
    // Nothing was used up
    const { status, body } = await people.redeem(code);
    expect(status).toBe(200);
    expectRefused(await people.refresh(String(body['refresh_token']), details(entry)));
  });

  it('RAR-8-01 never one of another resource than the one that is named', async () => {
    const code = await people.code({ scope: 'orders:read reports:read', ...details(ORDER, REPORT) });
    expectRefused(await people.redeem(code, { resource: VENUE, ...details(REPORT) }));
    expectRefused(await people.redeem(code, { resource: VENUE, ...details(ORDER, REPORT) }));
    const { body } = await people.redeem(code, { resource: VENUE, ...details(ORDER) });
    expect(body['authorization_details']).toEqual([ORDER]);
  });
});
