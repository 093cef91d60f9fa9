import { describe, expect, it } from 'vitest';
import { sha256 } from './forge.ts';
import { JWTS, type Jwt, outcomeOf } from './rewritten.ts';
import { ISSUER, Scene } from './scene.ts';

const leading = (member: string) => (text: string) => text.replace('{', `{${member},`);
const trailing = (member: string) => (text: string) => text.replace(/\}$/, `,${member}}`);

describe('RFC 7519 §4: of two claims of one name the last one counts', () => {
  it.each<[Jwt, string, string, string]>([
    ['proof', 'htm', '"PUT"', 'proof_htm'],
    ['proof', 'htu', '"https://evil.example/orders"', 'proof_htu'],
    ['proof', 'ath', `"${sha256('another token')}"`, 'proof_ath'],
    ['proof', 'nonce', '"another"', 'nonce_stale'],
    ['proof', 'jti', '""', 'proof_claims'],
    ['token', 'iss', '"https://evil.example"', 'token_issuer'],
    ['token', 'aud', '"urn:another"', 'token_audience'],
    ['token', 'exp', '1', 'token_expired'],
    ['token', 'cnf', `{"jkt":"${sha256('another key')}"}`, 'key_mismatch'],
    ['token', 'cnf', '{}', 'token_unbound'],
  ])('JOSE-7519-4-01: of a %s, %s = %s', async (jwt, claim, value, refused) => {
    const scene = new Scene();
    expect(await outcomeOf(scene, jwt, { payload: leading(`"${claim}":${value}`) })).toBe('accepted');
    expect(await outcomeOf(scene, jwt, { payload: trailing(`"${claim}":${value}`) })).toBe(refused);
  });
});

describe('RFC 7519 §2: types', () => {
  const noNumbers = ['"1790000000"', '""', 'true', 'null', '[1790000000]', '{}', '1e400', '-1e400'];
  const noStrings = ['1790000000', 'true', 'null', '[]', '["x"]', '{}'];

  const dates = [
    ['proof', 'iat'],
    ['proof', 'exp'],
    ['proof', 'nbf'],
    ['token', 'iat'],
    ['token', 'exp'],
    ['token', 'nbf'],
  ] as const;
  it.each(dates)('JOSE-7519-4.1-01: in a %s, %s is a JSON number', async (jwt, claim) => {
    const scene = new Scene();
    for (const value of noNumbers) {
      expect([value, await outcomeOf(scene, jwt, { payload: trailing(`"${claim}":${value}`) })]).toEqual([
        value,
        `${jwt}_claims`,
      ]);
    }
  });

  it.each(JWTS)('JOSE-7519-4.1-01: NaN in a %s is no JSON', async (jwt) => {
    const scene = new Scene();
    for (const value of ['NaN', 'Infinity', '0x10', '01', '.5', '+1']) {
      expect(await outcomeOf(scene, jwt, { payload: trailing(`"iat":${value}`) })).toBe(`${jwt}_malformed`);
    }
  });

  const strings = [
    ['proof', 'jti'],
    ['proof', 'htm'],
    ['proof', 'htu'],
    ['proof', 'ath'],
    ['proof', 'nonce'],
    ['token', 'sub'],
    ['token', 'client_id'],
    ['token', 'jti'],
  ] as const;
  it.each(strings)('JOSE-7519-4.1-01: in a %s, %s is a string', async (jwt, claim) => {
    const scene = new Scene();
    for (const value of noStrings) {
      expect([value, await outcomeOf(scene, jwt, { payload: trailing(`"${claim}":${value}`) })]).toEqual([
        value,
        `${jwt}_claims`,
      ]);
    }
  });

  it('JOSE-7519-4.1-01: in a token, iss is a string and so is each aud', async () => {
    const scene = new Scene();
    expect(await outcomeOf(scene, 'token', { payload: trailing(`"iss":["${ISSUER}"]`) })).toBe('token_issuer');
    for (const value of ['7', 'null', '{}', '[7]', '[["urn:holdfast:venue"]]']) {
      expect(await outcomeOf(scene, 'token', { payload: trailing(`"aud":${value}`) })).toBe('token_claims');
    }
  });
});
