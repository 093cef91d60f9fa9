import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALGORITHMS, createCast } from './cast.ts';
import { DIFFERENCES, explain } from './differences.ts';
import { type Plan, plans } from './plans.ts';
import { Trials } from './trial.ts';

const CASES = Number(process.env['HOLDFAST_DIFFERENTIAL'] ?? 2000);
const TIMEOUT = 60_000 + CASES * 20; // ms

const GOOD: Plan = {
  alg: 'ES256',
  issuer: 0,
  policy: 'required',
  isWarm: false,
  withNonce: true,
  signatures: 'inline',
  method: 'GET',
  target: '/orders',
  mutations: [],
};

let trials: Trials;
beforeAll(async () => {
  trials = await Trials.create(await createCast());
}, 60_000);

describe('the verifier and the slow reference', () => {
  const goods = ALGORITHMS.flatMap((alg) =>
    (['required', 'optional', 'off'] as const).flatMap((policy) =>
      [false, true].map((isWarm) => ({ alg, policy, isWarm })),
    ),
  );
  it.each(goods)('DPOP-4.3-06 both accept a good proof: $alg, nonces $policy, warm: $isWarm', async (plan) => {
    expect(await trials.judge({ ...GOOD, ...plan })).toMatchObject({ ours: 'accepted', theirs: 'accepted' });
  });

  it('DPOP-4.3-02 judge every mutated request alike, but for what is documented', { timeout: TIMEOUT }, async () => {
    const count = { accepted: 0, refused: 0, documented: 0 };
    const result = await fc.check(
      fc.asyncProperty(plans, async (plan) => {
        const verdict = await trials.judge(plan);
        const [ours, theirs] = [verdict.ours === 'accepted', verdict.theirs === 'accepted'];
        if (ours !== theirs) {
          expect(explain(verdict)?.name, `ours: ${verdict.ours}; theirs: ${verdict.theirs}`).toBeDefined();
          count.documented += 1;
        } else if (ours) count.accepted += 1;
        else count.refused += 1;
      }),
      { numRuns: CASES },
    );
    process.stdout.write(`differential: seed ${result.seed}, ${JSON.stringify(count)}\n`);
    expect(fc.defaultReportMessage(result)).toBeUndefined();
    expect(count.accepted / CASES).toBeGreaterThan(0.1);
  });
});

describe('every documented difference', () => {
  const met = DIFFERENCES.flatMap((difference) =>
    difference.examples.map((example) => ({
      name: difference.name,
      by: JSON.stringify(example.mutations).slice(0, 120),
      difference,
      example,
    })),
  );
  it.each(met)('is met: $name, by $by', async ({ difference, example }) => {
    const verdict = await trials.judge({ ...GOOD, ...example });
    expect(verdict.ours).toMatch(difference.ours);
    expect(verdict.theirs).toMatch(difference.theirs ?? /^accepted$/);
    expect(explain(verdict)).toBe(difference);
    // And without the mutation there is none
    const good = await trials.judge({ ...GOOD, ...example, mutations: [] });
    expect(good).toMatchObject({ ours: 'accepted', theirs: 'accepted' });
  });
});
