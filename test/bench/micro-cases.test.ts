import { afterAll, expect, it } from 'vitest';
import { baselines } from '../../bench/micro/bar.ts';
import { allCases } from '../../bench/micro/cases/all.ts';
import { choose } from '../../bench/micro/run.ts';
import { createScenes } from '../../bench/scene/scenes.ts';

const scenes = createScenes();
afterAll(() => scenes[Symbol.asyncDispose]());
const all = allCases(scenes);

const chosen = (wish: Partial<Parameters<typeof choose>[1]>) =>
  choose(all, { quick: false, only: undefined, alg: undefined, ...wish });
const names = (wish: Parameters<typeof chosen>[0]) => chosen(wish).map(({ name }) => name);

it('has one case of each name, and every baseline', () => {
  const known = all.map(({ name }) => name);
  expect(known.filter((name, i) => known.indexOf(name) !== i)).toEqual([]);
  expect(all.flatMap(({ bars }) => baselines(bars)).filter((name) => !known.includes(name))).toEqual([]);
});

it('chooses by algorithm what is of it or of none, and their baselines', () => {
  expect(names({ alg: 'ps384' })).toEqual(
    expect.arrayContaining(['raw PS384', 'raw sign PS384', 'verify PS384', 'verify PS384, cold key', 'proof PS384']),
  );
  const isMeant = ({ alg }: { alg?: string }) => alg === undefined || alg === 'PS384';
  const needed = new Set(all.filter(isMeant).flatMap(({ bars }) => baselines(bars)));
  expect(chosen({ alg: 'PS384' }).filter((each) => !isMeant(each) && !needed.has(each.name))).toEqual([]);
});

it('counts requests that are signed, good or bad, as those of their algorithm', () => {
  const others = names({ alg: 'Ed25519' }).filter((name) => /^(refuse|step|issue|introspect)/.test(name));
  expect(others).toEqual([
    'refuse no certificate',
    'refuse another certificate',
    'issue to a client with a certificate',
  ]);
});

it('leaves out of a quick run what nobody asked for, and no bar', () => {
  const quick = names({ quick: true });
  expect(quick).not.toContain('verify ES256, 10,000 clients');
  expect(names({ quick: true, only: '10,000 clients' })).toContain('verify ES256, 10,000 clients');
  expect(quick).toEqual(expect.arrayContaining(['verify ES256, 100 clients', 'raw ES256', 'jose by hand']));
});

/** Those that need no program, no peer and no thousand keys. Peers have a suite of their own. */
const runnable = all.filter(
  ({ name, group, missing }) => missing === undefined && group !== 'peer' && !/10,000 clients|oidc-provider/.test(name),
);

it.each(runnable.map((each) => [each.name, each] as const))(
  '%s ends as it has to',
  async (_name, each) => {
    const prepare = await each.open();
    const slice = await prepare(3);
    await slice();
  },
  20_000,
);
