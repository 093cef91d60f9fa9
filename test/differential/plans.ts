import fc, { type Arbitrary } from 'fast-check';
import type { Alg } from './cast.ts';
import { MEMBERS, ODD } from './members.ts';
import { type Mutation, type Part, type Segment, SIGNINGS, type Whole } from './mutations.ts';
import { HTU, REQUEST } from './requests.ts';
import { COMPACT, ENCODINGS, KEY_SPELLINGS, SIGNATURES, SPELLINGS } from './spellings.ts';

/** One case, as plain data. */
export interface Plan {
  readonly alg: Alg;
  readonly issuer: number;
  readonly policy: 'required' | 'optional' | 'off';
  /** Whether the verifier has seen a good request by this key with this token just before. */
  readonly isWarm: boolean;
  /** Whether good proofs carry a nonce where none is required. */
  readonly withNonce: boolean;
  readonly signatures: 'inline' | 'pool';
  readonly method: string;
  readonly target: string;
  readonly mutations: readonly Mutation[];
}

const names = <T extends object>(table: T): Arbitrary<keyof T> =>
  fc.constantFrom(...(Object.keys(table) as (keyof T)[]));
const pick = fc.constantFrom;

const PARTS = Object.keys(MEMBERS) as Part[];

const WEIGHTS: Readonly<Record<Part, number>> = {
  'proof header': 3,
  'proof payload': 4,
  'proof jwk': 4,
  'token header': 1,
  'token payload': 1,
  'token cnf': 1,
};
const part = fc.oneof(...PARTS.map((of) => ({ weight: WEIGHTS[of], arbitrary: fc.constant(of) })));
const named = part.chain((of) =>
  pick(...Object.entries(MEMBERS[of])).chain(([name, likely]) =>
    fc.record({ of: fc.constant(of), name: fc.constant(name), value: fc.oneof(pick(...likely), pick(...ODD)) }),
  ),
);
const whole: Arbitrary<Whole> = fc.oneof(
  { weight: 5, arbitrary: pick('proof') },
  { weight: 1, arbitrary: pick('token') },
) as Arbitrary<Whole>;
const segment = pick<Segment[]>('header', 'payload');
const NUMBERS = [
  '1e400',
  '-1e400',
  '-0',
  '1.0',
  '1e0',
  '0.0',
  '1763640000.0',
  '1.76364e9',
  '1E9',
  '01',
  '+1',
  '.5',
  '1.',
  '0x10',
  'NaN',
  'Infinity',
  '1n',
  '"\\u0047ET"',
  '"\\x41"',
  '[1,]',
  '{"a":1,"a":2}',
  'True',
  ' null ',
];
const offsets = fc.oneof(
  fc.integer({ min: -130, max: 130 }),
  pick(-61, -60, -59, -1, 0, 1, 9, 10, 11, 0.5, -60.5, 10.5),
);
const timed = fc.oneof(
  fc.record({ of: fc.constant('proof payload' as const), name: pick('iat', 'exp', 'nbf') }),
  fc.record({ of: fc.constant('token payload' as const), name: pick('iat', 'exp', 'nbf') }),
);
const at = fc.nat(4000);
const kind = <K extends Mutation['kind']>(name: K): { kind: Arbitrary<K> } => ({ kind: fc.constant(name) });

const MUTATIONS: readonly { readonly weight: number; readonly arbitrary: Arbitrary<Mutation> }[] = [
  { weight: 8, arbitrary: named.map((member) => ({ kind: 'member', ...member })) },
  {
    weight: 4,
    arbitrary: fc.tuple(timed, offsets).map(([of, offset]) => ({ kind: 'number', ...of, offset }) as Mutation),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(named, pick(...NUMBERS)).map(([{ of, name }, json]) => ({ kind: 'json', of, name, json })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(named, fc.boolean()).map(([member, isLast]) => ({ kind: 'twice', ...member, isLast })),
  },
  { weight: 6, arbitrary: fc.record({ ...kind('spelling'), of: whole, part: segment, how: names(SPELLINGS) }) },
  { weight: 2, arbitrary: fc.record({ ...kind('octet'), of: whole, part: segment, at, octet: fc.nat(255) }) },
  { weight: 3, arbitrary: fc.record({ ...kind('encoding'), of: whole, part: segment, how: names(ENCODINGS) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...kind('key spelling'),
      member: pick('x', 'y', 'n', 'e'),
      how: names(KEY_SPELLINGS),
      rebind: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...kind('key'),
      whose: pick('thief', 'other algorithm', 'exponent 3', 'long modulus'),
      signs: fc.boolean(),
      rebind: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ ...kind('signature'), of: whole, how: fc.oneof(names(SIGNATURES), pick(...SIGNINGS)) }),
  },
  { weight: 1, arbitrary: fc.record({ ...kind('signature bit'), of: whole, at }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...kind('character'),
      of: whole,
      at,
      character: pick('', 'A', 'B', '-', '.', '=', ' ', 'é', 'AA'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...kind('compact'), of: whole, how: names(COMPACT) }) },
  { weight: 5, arbitrary: fc.record({ ...kind('htu'), how: names(HTU) }) },
  {
    weight: 2,
    arbitrary: fc.record({ ...kind('nonce'), which: pick('current', 'previous', 'old', 'none', 'random') }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'used jti' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rebind' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...kind('delay'),
      seconds: fc.oneof(fc.integer({ min: -150, max: 150 }), fc.integer({ min: -5, max: 20 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ ...kind('request'), how: names(REQUEST) }) },
];

const TARGETS = [
  '/orders',
  '/orders',
  '/orders/17',
  '/orders?a=b',
  '/orders/%2F%7E',
  '/orders/a@b',
  '/orders//x',
  '/orders/%C3%A9',
];

export const plans: Arbitrary<Plan> = fc.record({
  alg: fc.oneof(
    { weight: 3, arbitrary: pick<Alg[]>('ES256', 'Ed25519', 'PS256') },
    { weight: 1, arbitrary: pick<Alg[]>('ES384', 'EdDSA', 'PS384') },
  ),
  issuer: fc.nat(1),
  policy: pick('required', 'optional', 'off'),
  isWarm: fc.boolean(),
  withNonce: fc.boolean(),
  signatures: pick('inline', 'pool'),
  method: pick('GET', 'POST', 'M-SEARCH'),
  target: pick(...TARGETS),
  mutations: fc.array(fc.oneof(...MUTATIONS), { minLength: 1, maxLength: 3 }),
});
