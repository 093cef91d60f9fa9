import { createHash } from 'node:crypto';
import {
  type Code,
  checkProof,
  HoldfastError,
  type ReplayStore,
  readProof,
  replayKey,
  reserve,
  reserveJti,
  type VerifiedProof,
} from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Changes, forge, HTU, keys, NOW } from './forge.ts';
import { ALL, EXPECTED, judge } from './judge.ts';

/** The evidence of a proof that was sent to `own` with `htm`. */
const proofOf = ({
  own = HTU,
  htm = 'POST',
  ...changes
}: Changes & { own?: string; htm?: string } = {}): VerifiedProof =>
  judge(forge({ ...changes, payload: { htu: own, htm, ...changes.payload } }), { htu: own, htm });

const keyOf = (changes: Parameters<typeof proofOf>[0]): string => replayKey(proofOf(changes));

describe('replayKey', () => {
  it('DPOP-11.1-02 is the same for the same proof and for another one with the same jti', () => {
    expect(keyOf({})).toBe(keyOf({}));
    expect(keyOf({ payload: { iat: NOW - 5 } })).toBe(keyOf({}));
    expect(keyOf({ header: { kid: 'k' }, payload: { extra: 1 } })).toBe(keyOf({}));
  });

  it.each([
    ['jti', { payload: { jti: 'another' } }],
    ['jti in other case', { payload: { jti: 'A-JTI' } }],
    ['key', { key: keys.Ed25519 }],
    ['method', { htm: 'GET' }],
    ['method in other case', { htm: 'post' }],
    ['path', { own: `${HTU}/` }],
    ['server', { own: 'https://other.example/orders' }],
    ['port', { own: 'https://venue.example:8443/orders' }],
  ])('DPOP-11.1-02 is another for another %s', (_, changes) => {
    expect(keyOf(changes)).not.toBe(keyOf({}));
  });

  it.each([
    'https://venue.example/./orders',
    'https://venue.example/a/../orders',
    'https://venue.example/%6Frders',
    'https://venue.example:443/orders',
    'https://VENUE.example/orders',
  ])('DPOP-11.1-02 is the same when one proof comes again by %s', (own) => {
    const proof = forge();
    expect(replayKey(judge(proof, { htu: own }))).toBe(replayKey(judge(proof)));
  });

  it.each(['?x', '?y=1', '#f'])('DPOP-11.1-02 does not depend on how the client ends its htu: %s', (rest) => {
    expect(replayKey(judge(forge({ payload: { htu: `${HTU}${rest}` } })))).toBe(keyOf({}));
  });

  it.each([
    [
      'the end of the path',
      { own: 'https://venue.example/a', payload: { jti: 'b' } },
      { own: 'https://venue.example/', payload: { jti: 'ab' } },
    ],
    ['the end of the method', { htm: 'Ahttps' }, { htm: 'A' }],
    ['a delimiter in the jti', { payload: { jti: 'a\nb' } }, { payload: { jti: 'a' } }],
  ])('DPOP-11.1-02 is another when %s moves over to the next part', (_, one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  it('DPOP-11.1-02 no two proofs run together, whatever is in their texts', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '\n', '\0', '"', ',', '/', '|'),
      minLength: 1,
      maxLength: 4,
    });
    const method = fc.constantFrom('A', 'AB', 'B');
    const path = fc.constantFrom('', 'a', 'a/b', 'b');
    const request = fc.record({ jti: text, htm: method, path });
    fc.assert(
      fc.property(request, request, (one, other) => {
        const [first, second] = [one, other].map(({ jti, htm, path: p }) =>
          keyOf({ own: `https://venue.example/${p}`, htm, payload: { jti } }),
        );
        const same = one.jti === other.jti && one.htm === other.htm && one.path === other.path;
        expect(first === second).toBe(same);
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 100, 2000])('DPOP-11.1-03 takes no more room for a jti of %d characters', (length) => {
    expect(keyOf({ payload: { jti: 'j'.repeat(length) } })).toHaveLength(43);
  });

  it('DPOP-11.1-03 tells long ones apart by their last character', () => {
    const long = 'j'.repeat(2000);
    expect(keyOf({ payload: { jti: `${long}a` } })).not.toBe(keyOf({ payload: { jti: `${long}b` } }));
  });

  it('holds nothing of the proof that a reader of the store could use', () => {
    const proof = proofOf();
    const sha = (text: string): string => createHash('sha256').update(text).digest('base64url');
    expect([proof.jti, proof.jkt, sha(proof.jti)]).not.toContain(replayKey(proof));
  });
});

describe('reserving', () => {
  const answering = (add: ReplayStore['add']): ReplayStore => ({ add });
  const code = async (pending: Promise<void>): Promise<Code | 'reserved'> => {
    try {
      await pending;
      return 'reserved';
    } catch (error) {
      if (error instanceof HoldfastError) return error.code;
      throw error;
    }
  };
  const attempt = (store: ReplayStore): Promise<Code | 'reserved'> => code(reserveJti(store, proofOf()));

  it('DPOP-11.1-02 adds the key of the proof until the last second of the proof', async () => {
    const added: unknown[] = [];
    const store = answering((...entry) => {
      added.push(entry);
      return true;
    });
    expect(await attempt(store)).toBe('reserved');
    expect(added).toEqual([[keyOf({}), '', NOW + 60]]);
  });

  it.each<[string, ReplayStore['add'], Code | 'reserved']>([
    ['that adds', () => true, 'reserved'],
    ['that adds later', () => Promise.resolve(true), 'reserved'],
    ['that has it', () => false, 'proof_replayed'],
    ['that finds it later', () => Promise.resolve(false), 'proof_replayed'],
    ['that answers nothing', () => undefined as unknown as boolean, 'proof_replayed'],
    ['that throws', () => fail(new Error('down')), 'store_unavailable'],
    ['that rejects', () => Promise.reject(new Error('down')), 'store_unavailable'],
    ['that rejects with nothing', () => Promise.reject(), 'store_unavailable'],
    ['that is full', () => fail(new HoldfastError('store_full')), 'store_full'],
    ['that is full, it says later', () => Promise.reject(new HoldfastError('store_full')), 'store_full'],
  ])('DPOP-7.1-04 with a store %s', async (_, add, expected) => {
    expect(await attempt(answering(add))).toBe(expected);
  });

  it.each([1, 'OK', {}, 'false'])('DPOP-7.1-04 an answer of %j is no reservation', async (reply) => {
    expect(await attempt(answering(() => reply as unknown as boolean))).not.toBe('reserved');
  });

  it('refuses with the code of its caller', async () => {
    expect(
      await code(
        reserve(
          answering(() => false),
          'key',
          NOW,
          'assertion_replayed',
        ),
      ),
    ).toBe('assertion_replayed');
  });

  it('tells a debugger, and nobody else, why the store failed', async () => {
    const cause = new Error('redis://user:secret@host is down');
    const failing = reserveJti(
      answering(() => fail(cause)),
      proofOf(),
    );
    const error = (await failing.catch((thrown: unknown) => thrown)) as HoldfastError;
    expect(error.cause).toBe(cause);
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('secret');
  });

  it('takes a verified proof only', async () => {
    // @ts-expect-error a proof whose signature nobody has verified may be anybody's
    const proof: VerifiedProof = checkProof(readProof(forge(), ALL), EXPECTED);
    expect(await code(reserveJti({ add: () => true }, proof))).toBe('reserved');
  });
});

function fail(error: Error): never {
  throw error;
}
