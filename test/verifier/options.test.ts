import { randomBytes } from 'node:crypto';
import { createVerifier, type VerifierOptions } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { AUDIENCE, ISSUER, ORIGIN } from './scene.ts';

const create = (options: Record<string, unknown>) =>
  createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    origin: ORIGIN,
    jwks: { keys: [] },
    ...options,
  } as VerifierOptions);

describe('settings that would open the door stop the start', () => {
  it.each([
    ['maxAge', Number.NaN],
    ['maxAge', -1],
    ['maxAge', '60'],
    ['maxAge', Number.POSITIVE_INFINITY],
    ['maxAge', null],
    ['skew', Number.NaN],
    ['skew', '10'],
    ['skew', -1],
    ['timeout', Number.NaN],
    ['timeout', '2000'],
    ['issuer', undefined],
    ['issuer', ''],
    ['issuer', [ISSUER]],
    ['audience', undefined],
    ['audience', ''],
    ['audience', [AUDIENCE]],
    ['algorithms', []],
    ['algorithms', ['none']],
    ['algorithms', ['ES256', 'HS256']],
    ['algorithms', ['RS256']],
    ['nonce', 'Off'],
    ['nonce', false],
    ['nonceStep', 0],
    ['nonceStep', 1.5],
    ['nonceStep', Number.NaN],
    ['replay', null],
    ['replay', {}],
    ['replay', 'redis://localhost'],
    ['jwks', {}],
    ['jwks', { keys: {} }],
  ])('%s = %j', (name, value) => {
    expect(() => create({ [name]: value })).toThrow(TypeError);
  });

  it.each([
    'http://issuer.example',
    'issuer.example',
    'https://issuer.example?a',
    'https://issuer.example#a',
    'https:',
    'file:///etc',
  ])('issuer %s whose keys are to be fetched', (issuer) => {
    expect(() => create({ issuer, jwks: undefined })).toThrow(TypeError);
    expect(() => create({ issuer })).not.toThrow();
  });

  it('DPOP-11.1-02 shared nonces with no store, as a file says it', () => {
    expect(() => create({ replay: null, nonceSecrets: [randomBytes(32)] })).toThrow(TypeError);
  });

  it('takes the settings of the documentation', () => {
    const settings = { algorithms: ['ES256'], nonce: 'off', maxAge: 0, skew: 0, timeout: 1 };
    expect(() => create(settings)).not.toThrow();
    expect(() => create({ maxAge: undefined, skew: undefined, nonce: undefined })).not.toThrow();
  });
});
