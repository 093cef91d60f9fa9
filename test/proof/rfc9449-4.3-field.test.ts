import { fieldValues, type HttpMessage, proofField } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { forge } from './forge.ts';
import { outcome, verdict } from './judge.ts';

const message = (...headers: string[]): HttpMessage => ({ method: 'GET', target: '/', headers });
const good = forge();

describe('the DPoP field', () => {
  it.each(['DPoP', 'dpop', 'DPOP', 'dPoP', 'Dpop'])('DPOP-4.1-02 is found as %s', (name) => {
    expect(proofField(message('Host', 'h', name, good, 'Accept', '*/*'))).toBe(good);
  });

  it('DPOP-4.1-02 keeps the case of its value', () => {
    expect(proofField(message('DPOP', 'AbC'))).toBe('AbC');
    expect(verdict(good.toLowerCase())).not.toBe('accepted');
  });

  it.each(['DPoP-Nonce', 'X-DPoP', 'DPo', 'DP_oP', 'DPoP ', 'Authorization'])('DPOP-4.1-02 is not %j', (name) => {
    expect(proofField(message(name, good))).toBeUndefined();
  });

  it('DPOP-4.1-02 is no value that reads like its name', () => {
    expect(proofField(message('X-Name', 'DPoP', 'X-Value', good))).toBeUndefined();
  });

  it('is undefined where there is none', () => {
    expect(proofField(message())).toBeUndefined();
    expect(proofField(message('Host', 'h'))).toBeUndefined();
  });

  it.each([
    ['the same twice', ['DPoP', good, 'DPoP', good]],
    ['two', ['DPoP', good, 'DPoP', forge({ payload: { jti: 'b' } })]],
    ['two in different case', ['DPoP', good, 'dpop', good]],
    ['two with others between', ['dpop', good, 'Accept', 'a', 'Host', 'h', 'DPOP', good]],
    ['a good one and an empty one', ['DPoP', good, 'DPoP', '']],
    ['an empty one and a good one', ['DPoP', '', 'DPoP', good]],
    ['two empty ones', ['DPoP', '', 'DPoP', '']],
    ['three', ['DPoP', good, 'DPoP', good, 'DPoP', good]],
    ['two that a hop joined', ['DPoP', `${good}, ${good}`]],
    ['two that a hop joined without a space', ['DPoP', `${good},${good}`]],
    ['one and a comma', ['DPoP', `${good},`]],
    ['a comma and one', ['DPoP', `, ${good}`]],
    ['a comma alone', ['DPoP', ',']],
  ])('DPOP-4.3-01 is refused: %s', (_, headers) => {
    expect(outcome(() => proofField(message(...headers)))).toBe('proof_duplicated');
  });

  it('DPOP-4.3-02 is there when it is empty, and then it is no proof', () => {
    const field = proofField(message('DPoP', ''));
    expect(field).toBe('');
    expect(verdict(field ?? 'missing')).toBe('proof_malformed');
  });

  it('DPOP-4.3-01 joined by semicolons or spaces is one field that is no proof', () => {
    for (const joined of [`${good};${good}`, `${good} ${good}`, `${good}\t${good}`]) {
      expect(verdict(proofField(message('DPoP', joined)) ?? 'missing')).toBe('proof_malformed');
    }
  });
});

describe('fieldValues', () => {
  it('gives one value per field line, in their order', () => {
    expect(fieldValues(message('A', '1', 'b', '2', 'a', '3', 'B', '4'), 'a')).toEqual(['1', '3']);
    expect(fieldValues(message('A', '1'), 'c')).toEqual([]);
  });

  it('takes no name without a value', () => {
    expect(fieldValues(message('a', '1', 'a'), 'a')).toEqual(['1']);
  });
});
