import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import {
  createStatusList,
  decodeStatusList,
  encodeStatusList,
  importPublicJwk,
  readJws,
  readPublicJwk,
  readStatusReference,
  setStatus,
  statusAt,
  verifySignature,
} from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../vectors/status-list.json' with { type: 'json' };
import { outcome } from './judge.ts';

const BITS = [1, 2, 4, 8] as const;
const MEBIBYTE = 1024 * 1024;
const packed = (octets: Uint8Array) => deflateSync(octets).toString('base64url');
const code = (value: unknown) => outcome(() => decodeStatusList(value));

describe('the lists of the draft', () => {
  it.each(vectors.lists)('TSL-4-01, TSL-4.2-01 $name', ({ bits, lst, size, statuses }) => {
    const list = decodeStatusList({ bits, lst });
    expect(list.octets.length).toBe((size * bits) / 8);
    const expected: Readonly<Record<string, number>> = statuses;
    for (let idx = 0; idx < size; idx += 1) {
      if (statusAt(list, idx) !== (expected[idx] ?? 0)) expect.fail(`status ${idx}`);
    }
    expect(statusAt(list, size)).toBeUndefined();
  });

  it.each(vectors.lists)('TSL-4-01, TSL-4.2-01 $name, made by us', ({ bits, size, statuses }) => {
    const list = createStatusList(bits as 1, size);
    for (const [idx, status] of Object.entries(statuses)) setStatus(list, Number(idx), status);
    const encoded = encodeStatusList(list);
    expect(encoded.bits).toBe(bits);
    expect(decodeStatusList(encoded)).toEqual({ bits, octets: Buffer.from(list.octets) });
    const theirs = vectors.lists.find((each) => each.bits === bits && each.size === size);
    expect(Buffer.from(list.octets)).toEqual(decodeStatusList(theirs).octets);
  });

  it('TSL-4-01 packs the octets of the first two examples', () => {
    const octets = vectors.lists.slice(0, 2).map((each) => Buffer.from(decodeStatusList(each).octets).toString('hex'));
    expect(octets).toEqual(vectors.lists.slice(0, 2).map((each) => each.octets));
  });

  it('TSL-5.1-01, TSL-5.1-03 the token of the example verifies', () => {
    const { header, payload, signingInput, signature } = readJws(vectors.token.jwt, 'issuer_unavailable');
    const key = importPublicJwk(readPublicJwk(vectors.token.key, 'ES256'));
    expect(verifySignature('ES256', key, signingInput, signature)).toBe(true);
    expect(header['typ']).toBe('statuslist+jwt');
    expect(payload).toEqual(vectors.token.payload);
    expect(statusAt(decodeStatusList(payload['status_list']), 0)).toBe(1);
  });
});

describe('a list that is made and read', () => {
  const lists = fc
    .record({ bits: fc.constantFrom(...BITS), size: fc.integer({ min: 1, max: 5000 }) })
    .chain(({ bits, size }) =>
      fc.record({
        bits: fc.constant(bits),
        size: fc.constant(size),
        set: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(2 ** bits - 1)), { maxLength: 100 }),
      }),
    );

  it('TSL-4-01, TSL-7-01 says of each place what was said last, and nothing of a place beyond it', () => {
    fc.assert(
      fc.property(lists, ({ bits, size, set }) => {
        const list = createStatusList(bits, size);
        for (const [idx, status] of set) setStatus(list, idx, status);
        const read = decodeStatusList(encodeStatusList(list));
        const said = new Map(set);
        for (let idx = 0; idx < size; idx += 1) expect(statusAt(read, idx)).toBe(said.get(idx) ?? 0);
        const places = read.octets.length * (8 / bits);
        expect(places - size).toBeLessThan(8 / bits);
        for (const beyond of [places, places + 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
          expect(statusAt(read, beyond)).toBeUndefined();
        }
      }),
    );
  });

  it.each([
    [1, 16, 0],
    [1, -1, 0],
    [1, 0.5, 0],
    [1, Number.NaN, 0],
    [1, 0, 2],
    [2, 0, 4],
    [4, 0, -1],
    [8, 0, 256],
    [8, 0, 1.5],
  ] as const)('TSL-7-01 with %d bits: setting place %d of 16 to %d is a mistake', (bits, idx, status) => {
    expect(() => setStatus(createStatusList(bits, 16), idx, status)).toThrow(RangeError);
  });

  it('TSL-8.3-07 reads whatever octets it is given, or refuses them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BITS), fc.uint8Array({ maxLength: 200 }), (bits, octets) => {
        const lst = Buffer.from(octets).toString('base64url');
        expect(['accepted', 'issuer_unavailable']).toContain(code({ bits, lst }));
      }),
    );
  });
});

describe('a list that cannot be read', () => {
  const good = packed(new Uint8Array(4));
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an array', [1, good]],
    ['a text', good],
    ['no bits', { lst: good }],
    ['three bits', { bits: 3, lst: good }],
    ['no bit', { bits: 0, lst: good }],
    ['16 bits', { bits: 16, lst: good }],
    ['bits as a text', { bits: '1', lst: good }],
    ['no lst', { bits: 1 }],
    ['an empty lst', { bits: 1, lst: '' }],
    ['a lst that is no text', { bits: 1, lst: [good] }],
    ['padding', { bits: 1, lst: `${good}=` }],
    ['another alphabet', { bits: 1, lst: '+/+/' }],
    ['white space', { bits: 1, lst: ` ${good}` }],
    ['a raw DEFLATE stream', { bits: 1, lst: deflateRawSync('abcd').toString('base64url') }],
    ['a gzip stream', { bits: 1, lst: gzipSync('abcd').toString('base64url') }],
    ['a dictionary', { bits: 1, lst: deflateSync('abcd', { dictionary: Buffer.from('abcd') }).toString('base64url') }],
    ['half a stream', { bits: 1, lst: deflateSync('abcd').subarray(0, -3).toString('base64url') }],
    ['a stream and more', { bits: 1, lst: Buffer.concat([deflateSync('a'), Buffer.from('b')]).toString('base64url') }],
    ['two streams', { bits: 1, lst: Buffer.concat([deflateSync('a'), deflateSync('b')]).toString('base64url') }],
  ])('TSL-4.2-01 %s', (_what, value) => {
    expect(code(value)).toBe('issuer_unavailable');
  });

  it('TSL-8.3-07 unpacks a mebibyte and not an octet more', () => {
    expect(decodeStatusList({ bits: 1, lst: packed(new Uint8Array(MEBIBYTE)) }).octets.length).toBe(MEBIBYTE);
    expect(code({ bits: 1, lst: packed(new Uint8Array(MEBIBYTE + 1)) })).toBe('issuer_unavailable');
  });

  it('TSL-8.3-07 a gibibyte packed into one mebibyte costs no more than that', () => {
    const bomb = deflateSync(new Uint8Array(1024 * MEBIBYTE), { level: 9 }).toString('base64url');
    const before = process.memoryUsage().rss;
    const begun = performance.now();
    expect(code({ bits: 1, lst: bomb })).toBe('issuer_unavailable');
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MEBIBYTE);
  });
});

describe('where the status of a token is', () => {
  const uri = 'https://issuer.example/status/1';
  const read = (status: unknown) => outcome(() => readStatusReference({ status }));

  it('TSL-6.2-01 is what status.status_list says', () => {
    expect(readStatusReference({ status: { status_list: { idx: 0, uri, more: 1 } } })).toEqual({ idx: 0, uri });
    expect(readStatusReference({ status: { status_list: { idx: 7, uri: `${uri}?a=b` } } })?.uri).toBe(`${uri}?a=b`);
  });

  it('TSL-6.2-01 is nowhere when nothing is said, or of another mechanism', () => {
    expect(readStatusReference({})).toBeUndefined();
    expect(readStatusReference({ status: {} })).toBeUndefined();
    expect(readStatusReference({ status: { other: { uri } } })).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', uri],
    ['an array', [{ idx: 0, uri }]],
    ['a list that is null', { status_list: null }],
    ['a list that is a text', { status_list: uri }],
    ['no idx', { status_list: { uri } }],
    ['a negative idx', { status_list: { idx: -1, uri } }],
    ['half an idx', { status_list: { idx: 0.5, uri } }],
    ['an idx as a text', { status_list: { idx: '0', uri } }],
    ['an idx beyond integers', { status_list: { idx: 2 ** 53, uri } }],
    ['an endless idx', { status_list: { idx: Number.POSITIVE_INFINITY, uri } }],
    ['no uri', { status_list: { idx: 0 } }],
    ['a uri that is no text', { status_list: { idx: 0, uri: [uri] } }],
  ])('TSL-6.2-01 refuses %s', (_what, status) => {
    expect(read(status)).toBe('token_claims');
  });

  it.each([
    '',
    '/status/1',
    'http://issuer.example/status/1',
    'HTTPS://issuer.example/status/1',
    'file:///etc/passwd',
    'data:application/statuslist+jwt,a.b.c',
    'https:/issuer.example/status/1',
    'https:///status/1',
    'https://',
    'https://issuer.example:99999/',
    'https://user@issuer.example/status/1',
    'https://issuer.example@other.example/status/1',
    'https://:secret@issuer.example/status/1',
    'https://issuer.example/status/1#a',
    'https://issuer.example/status/1#',
    'https://issuer.example\\@other.example/',
    'https://issuer.example/st atus',
    ' https://issuer.example/status/1',
    'https://issuer.example/status/1\n',
    'https://issuer.example/\u0000',
    'https://íssuer.example/status/1',
  ])('TSL-6.2-01 refuses the uri %j', (other) => {
    expect(read({ status_list: { idx: 0, uri: other } })).toBe('token_claims');
  });

  it('TSL-6.2-01 refuses a uri of more than 2048 characters', () => {
    const long = (length: number) => ({ status_list: { idx: 0, uri: uri.padEnd(length, 'a') } });
    expect([read(long(2048)), read(long(2049))]).toEqual(['accepted', 'token_claims']);
  });
});
