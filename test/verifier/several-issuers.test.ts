import { describe, expect, it } from 'vitest';
import { makeKey, published } from './forge.ts';
import { ISSUER, Scene } from './scene.ts';

const OTHER = 'https://other.example';
const ours = makeKey('ES256', 'k1');
const theirs = makeKey('ES256', 'k1'); // the same kid: it says nothing across issuers

function scene(): Scene {
  const issuer = [
    { issuer: ISSUER, jwks: { keys: [published(ours)] } },
    { issuer: OTHER, jwks: { keys: [published(theirs)] } },
  ];
  return new Scene({ issuer, jwks: undefined as never }, { issuer: ours });
}

describe('several trusted issuers', () => {
  it('AT-4-03 accepts the tokens of each, and says whose it was', async () => {
    const here = scene();
    expect(await here.send()).toMatchObject({ issuer: ISSUER });
    expect(await here.send({ token: { key: theirs, payload: { iss: OTHER } } })).toMatchObject({ issuer: OTHER });
  });

  it('JOSE-8725-3.8-01 verifies a token with the keys of its own issuer and no others', async () => {
    const here = scene();
    expect(await here.code({ token: { key: ours, payload: { iss: OTHER } } })).toBe('token_signature');
    expect(await here.code({ token: { key: theirs, payload: { iss: ISSUER } } })).toBe('token_signature');
    expect(await here.code({ token: { payload: { iss: 'https://third.example' } } })).toBe('token_issuer');
    for (const iss of [undefined, null, 7, [ISSUER], { toString: () => ISSUER }, '', '__proto__', 'constructor']) {
      expect([iss, await here.code({ token: { payload: { iss } } })]).toEqual([iss, 'token_issuer']);
    }
  });

  it.each([
    ['none', []],
    [
      'one twice',
      [
        { issuer: ISSUER, jwks: { keys: [] } },
        { issuer: ISSUER, jwks: { keys: [] } },
      ],
    ],
    ['one without a name', [{ issuer: '', jwks: { keys: [] } }]],
    ['something else', { issuer: ISSUER }],
    ['nothing', undefined],
  ])('%s is a programming mistake', (_what, issuer) => {
    expect(() => new Scene({ issuer: issuer as never, jwks: undefined as never })).toThrow(TypeError);
  });

  it('keys beside a list of issuers are a programming mistake: whose would they be', () => {
    const issuer = [{ issuer: ISSUER, jwks: { keys: [published(ours)] } }];
    expect(() => new Scene({ issuer })).toThrow(TypeError);
  });
});
