import { expect, it } from 'vitest';
import { titlesOf } from './titles.ts';

const read = (source: string) => titlesOf('a.test.ts', source).map(({ path, runs }) => [path.join(' › '), runs]);

it.each([
  [`it('a', () => {});`, [['a', true]]],
  [`test("a", () => {});`, [['a', true]]],
  [`it(\`a \${1} b\`, () => {});`, [['a %s b', true]]],
  [
    `describe('s', () => { describe('t', () => { it('a', () => {}); }); it('b', () => {}); });`,
    [
      ['s › t › a', true],
      ['s › b', true],
    ],
  ],
  [
    `export function contract(make: () => void): void { describe('s', () => { it('a', () => {}); }); }`,
    [['s › a', true]],
  ],
  [`it.each([1, 2] as const)('a %i', () => {});`, [['a %i', true]]],
  [`it.each(computed())('%s a', () => {});`, [['%s a', true]]],
  [
    `it.each([['x', 1], ['y', 2]] as const)('%s a', () => {});`,
    [
      ['x a', true],
      ['y a', true],
    ],
  ],
  [
    `const rows: readonly string[] = ['x', 'y']; it.each(rows)('a %s', () => {});`,
    [
      ['a x', true],
      ['a y', true],
    ],
  ],
  [`it.each([['x', 1]])('%i %s', () => {});`, [['%i %s', true]]],
  [
    `describe.each(['x', 'y'])('%s', () => { it('a', () => {}); });`,
    [
      ['x › a', true],
      ['y › a', true],
    ],
  ],
  [`it.skip('a', () => {});`, [['a', false]]],
  [`it.todo('a');`, [['a', false]]],
  [`it.fails('a', () => {});`, [['a', false]]],
  [`it.skipIf(x).each([['x']])('%s a', () => {});`, [['x a', false]]],
  [`describe.skip('s', () => { it('a', () => {}); });`, [['s › a', false]]],
  [`it.concurrent('a', () => {});`, [['a', true]]],
  [`// it('a', () => {});`, []],
  [`const text = "it('a', () => {})";`, []],
  [`const it = 'a'; other('a', () => {}); object.it('a', () => {});`, []],
])('titles of %j', (source, titles) => {
  expect(read(source)).toEqual(titles);
});
