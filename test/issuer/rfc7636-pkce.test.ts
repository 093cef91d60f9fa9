import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { browser, CHALLENGE, createPeople, type Fields, pkce, VERIFIER } from './people.ts';
import { expectRefusal, expectToken } from './scene.ts';

const people = await createPeople();
const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');
/** A code that was asked for with the challenge of this verifier. */
const codeFor = (verifier: string) => people.code({ code_challenge: challengeOf(verifier) });

describe('RFC 7636 §4.4.1 the challenge of a pushed request', () => {
  it.each<[string, Fields, string]>([
    ['none', { code_challenge: undefined, code_challenge_method: undefined }, 'challenge_missing'],
    ['none, with its method', { code_challenge: undefined }, 'challenge_missing'],
    ['an empty one', { code_challenge: '' }, 'challenge_missing'],
    ['PKCE-7.2-01 the method plain', { code_challenge_method: 'plain' }, 'challenge_method'],
    [
      'PKCE-7.2-01 plain with the verifier itself',
      { code_challenge: VERIFIER, code_challenge_method: 'plain' },
      'challenge_method',
    ],
    ['PKCE-7.2-01 no method, which would be plain', { code_challenge_method: undefined }, 'challenge_method'],
    ['an unknown method', { code_challenge_method: 'S512' }, 'challenge_method'],
    ['the method in another letter case', { code_challenge_method: 's256' }, 'challenge_method'],
    ['a challenge of 42 characters', { code_challenge: CHALLENGE.slice(1) }, 'challenge_missing'],
    ['a challenge of 44 characters', { code_challenge: `${CHALLENGE}A` }, 'challenge_missing'],
    ['a challenge with padding', { code_challenge: `${CHALLENGE}=` }, 'challenge_missing'],
    ['a challenge in base64', { code_challenge: `+/${CHALLENGE.slice(2)}` }, 'challenge_missing'],
    ['a challenge with a line break', { code_challenge: `${CHALLENGE}\n` }, 'challenge_missing'],
  ])('PKCE-4.4.1-01 FAPI2-5.3.2.2-05 BCP-2.1.1-02 C029 %s: refused', async (_name, form, code) => {
    expectRefusal(await people.push(form), 'invalid_request', code);
  });

  it('PKCE-4.4-01 reaches nobody: not the pages, not the answer, not the tokens', async () => {
    const { verifier, challenge } = pkce();
    const its = browser();
    const path = await people.open(
      its,
      await people.pushed({ code_challenge: challenge, scope: 'orders:read openid' }),
    );
    const seen = [await people.browse(its, path), await people.logIn(its, path), await people.browse(its, path)];
    const decided = await people.decide(its, path, 'approve');
    const code = new URL(decided.headers['Location'] ?? '').searchParams.get('code') ?? '';
    const tokens = await people.redeem(code, { code_verifier: verifier });
    expectToken(tokens);
    const decoded = [tokens.body['access_token'], tokens.body['id_token']].flatMap((token) =>
      String(token)
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString()),
    );
    const all = JSON.stringify([...seen, decided, tokens, decoded]);
    for (const secret of [challenge, verifier]) expect(all).not.toContain(secret);
  });
});

describe('RFC 7636 §4.6 the verifier of a token request', () => {
  it.each([
    ['43 characters', VERIFIER],
    ['128 characters', 'z'.repeat(128)],
    ['every character that there is', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'],
  ])('PKCE-4.6-02 %s: taken', async (_name, verifier) => {
    expectToken(await people.redeem(await codeFor(verifier), { code_verifier: verifier }));
  });

  it.each([
    ['42 characters', 'a'.repeat(42)],
    ['129 characters', 'a'.repeat(129)],
    ['a sign of base64', `${'a'.repeat(42)}+`],
    ['padding', `${'a'.repeat(43)}=`],
    ['a space', `${'a'.repeat(43)} `],
    ['a line break', `${'a'.repeat(43)}\n`],
    ['a letter that is not ASCII', `${'a'.repeat(43)}é`],
    ['a NUL', `${'a'.repeat(43)}\0`],
    ['one letter', 'a'],
  ])('PKCE-4.6-02 C031 %s: refused, although it fits the challenge', async (_name, verifier) => {
    const code = await codeFor(verifier);
    expectRefusal(await people.redeem(code, { code_verifier: verifier }), 'invalid_grant', 'verifier_malformed');
  });

  it.each([undefined, ''])('BCP-2.1.1-02 C030 %j: refused', async (verifier) => {
    const answer = await people.redeem(await people.code(), { code_verifier: verifier });
    expectRefusal(answer, 'invalid_grant', 'verifier_missing');
  });

  it.each([
    ['that of another request', 'b'.repeat(43)],
    ['one with one letter changed', `b${'a'.repeat(42)}`],
    ['one that is longer', 'a'.repeat(44)],
    ['one in another letter case', 'A'.repeat(43)],
    ['PKCE-7.2-01 the challenge, as with plain', CHALLENGE],
  ])('PKCE-4.6-01 C031 %s: refused', async (_name, verifier) => {
    const answer = await people.redeem(await people.code(), { code_verifier: verifier });
    expectRefusal(answer, 'invalid_grant', 'verifier_mismatch');
  });

  it('PKCE-4.6-01 a code that came with a wrong verifier is still good with the right one', async () => {
    const code = await people.code();
    for (const verifier of ['b'.repeat(43), undefined, 'a']) {
      expectRefusal(await people.redeem(code, { code_verifier: verifier }), 'invalid_grant');
    }
    expectToken(await people.redeem(code));
  });

  it('PKCE-4.4-01 codes that were asked for with different challenges cannot be swapped', async () => {
    const [mine, theirs] = [pkce(), pkce()];
    const code = await people.code({ code_challenge: theirs.challenge });
    expectRefusal(await people.redeem(code, { code_verifier: mine.verifier }), 'invalid_grant', 'verifier_mismatch');
    expectToken(await people.redeem(code, { code_verifier: theirs.verifier }));
  });
});

describe('RFC 7636 §4.2 the printed example', () => {
  it('PKCE-4.6-01 of appendix B fits', async () => {
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const code = await people.code({ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' });
    expectToken(await people.redeem(code, { code_verifier: verifier }));
  });
});
