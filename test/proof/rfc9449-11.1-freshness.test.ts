import type { Expected, Freshness } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forge, type Members, NOW } from './forge.ts';
import { judge, refusal, verdict } from './judge.ts';

const at = (freshness: Partial<Freshness> = {}): Partial<Expected> => ({
  freshness: { now: NOW, maxAge: 60, skew: 10, ...freshness },
});
const judged = (payload: Members, freshness: Partial<Freshness> = {}): string =>
  verdict(forge({ payload }), at(freshness));

describe('iat', () => {
  it.each([
    [-61, 'proof_iat'],
    [-60.001, 'proof_iat'],
    [-60, 'accepted'],
    [-59, 'accepted'],
    [0, 'accepted'],
    [9, 'accepted'],
    [10, 'accepted'],
    [10.001, 'proof_iat'],
    [11, 'proof_iat'],
    [3600, 'proof_iat'],
    [-3600, 'proof_iat'],
  ])('DPOP-4.3-11 DPOP-11.1-01 DPOP-11.1-04 %d s from now: %s', (offset, expected) => {
    expect(judged({ iat: NOW + offset })).toBe(expected);
  });

  it.each([0, -NOW, NOW * 1000, Number.MAX_VALUE, -Number.MAX_VALUE])('DPOP-4.3-11 refuses %d', (iat) => {
    expect(judged({ iat })).toBe('proof_iat');
  });

  it.each([undefined, null, String(NOW), true, [NOW], {}])('JOSE-7519-4.1-01 refuses %j', (iat) => {
    expect(judged({ iat })).toBe('proof_claims');
  });

  it.each(['1e400', '-1e400'])('JOSE-7519-4.1-01 refuses %s, which parses as infinite', (literal) => {
    const proof = forge({ payload: { iat: 0 } });
    const [header, payload = ''] = proof.split('.');
    const text = Buffer.from(payload, 'base64url').toString().replace('"iat":0', `"iat":${literal}`);
    expect(verdict(`${header}.${Buffer.from(text).toString('base64url')}.AA`)).toBe('proof_claims');
  });

  it.each(['NaN', 'Infinity', '+1', '0x65', '01'])('JOSE-7519-4.1-01 refuses %s, which is not JSON', (literal) => {
    const [header] = forge().split('.');
    const text = `{"jti":"j","htm":"POST","htu":"https://venue.example/orders","iat":${literal}}`;
    expect(verdict(`${header}.${Buffer.from(text).toString('base64url')}.AA`)).toBe('proof_malformed');
  });

  it('DPOP-11.1-01 the window is as configured', () => {
    expect(judged({ iat: NOW - 1 }, { maxAge: 0 })).toBe('proof_iat');
    expect(judged({ iat: NOW }, { maxAge: 0, skew: 0 })).toBe('accepted');
    expect(judged({ iat: NOW + 1 }, { skew: 0 })).toBe('proof_iat');
    expect(judged({ iat: NOW - 300 }, { maxAge: 300 })).toBe('accepted');
  });

  it.each([
    [{ maxAge: Number.NaN }, 'the age'],
    [{ skew: Number.NaN }, 'the skew'],
    [{ now: Number.NaN }, 'the time'],
  ])('DPOP-11.1-01 accepts nothing when %j leaves %s unknown', (freshness, _) => {
    expect(judged({ iat: NOW }, freshness)).toBe('proof_iat');
  });

  it.each([
    [-3600, '-3600 s'],
    [75, '+75 s'],
  ])('the refusal measures a skew of %d', (offset, printed) => {
    const refused = refusal(() => judge(forge({ payload: { iat: NOW + offset } }), at()));
    expect(refused?.skew).toBe(offset);
    expect(refused?.message).toContain(`skew ${printed}`);
  });
});

describe('exp and nbf, which a proof need not have', () => {
  it.each([
    [{ exp: NOW + 1 }, 'accepted'],
    [{ exp: NOW }, 'proof_expired'],
    [{ exp: NOW - 1 }, 'proof_expired'],
    [{ nbf: NOW }, 'accepted'],
    [{ nbf: NOW + 10 }, 'accepted'],
    [{ nbf: NOW + 11 }, 'proof_not_yet_valid'],
    [{ exp: null }, 'proof_claims'],
    [{ exp: '9999999999' }, 'proof_claims'],
    [{ nbf: true }, 'proof_claims'],
  ])('%j: %s', (payload, expected) => {
    expect(judged(payload)).toBe(expected);
  });

  it('an nbf is not accepted when the skew is unknown', () => {
    expect(judged({ nbf: NOW + 1 }, { skew: Number.NaN })).toBe('proof_not_yet_valid');
  });
});

describe('acceptableUntil', () => {
  it.each([
    [-60, NOW],
    [0, NOW + 60],
    [10, NOW + 70],
  ])('DPOP-11.1-02 counts from an iat %d s from now, not from now', (offset, until) => {
    expect(judge(forge({ payload: { iat: NOW + offset } }), at()).acceptableUntil).toBe(until);
  });

  it('DPOP-11.1-02 is the last second at which the proof is accepted, for any iat and window', () => {
    const window = fc.record({
      offset: fc.double({ min: -400, max: 400, noNaN: true }),
      maxAge: fc.integer({ min: 0, max: 300 }),
      skew: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(window, ({ offset, ...freshness }) => {
        fc.pre(offset <= freshness.skew && offset >= -freshness.maxAge);
        const proof = forge({ payload: { iat: NOW + offset } });
        const { acceptableUntil } = judge(proof, at(freshness));
        expect(verdict(proof, at({ ...freshness, now: acceptableUntil }))).toBe('accepted');
        expect(verdict(proof, at({ ...freshness, now: acceptableUntil + 1 }))).toBe('proof_iat');
      }),
      { numRuns: 100 },
    );
  });
});
