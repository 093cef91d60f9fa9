import {
  type Algorithm,
  type CheckedProof,
  checkProof,
  HoldfastError,
  matchConfirmation,
  readProof,
  verifyProof,
} from '@holdfast/proof';
import { createSigner, generateKey } from '@holdfast/signer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import rfc9449 from '../vectors/rfc9449.json' with { type: 'json' };
import { forge, keys, NOW } from './forge.ts';
import { ALL, EXPECTED, type Expectation, judge, verdict } from './judge.ts';

const names = Object.keys(keys) as Algorithm[];

describe('sign, read, check, match, verify', () => {
  const tokenCharacters = [..."!#$%&'*+-.^_`|~09AZaz"];
  const token68 = [...'AZaz09-._~+/'];
  const nqchar = [...'!#$%&AZaz09-._~[]^`{|}'];
  const requests = fc.record({
    htm: fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 12 }),
    path: fc.array(fc.constantFrom('a', 'B', '%7E', '%2f', '.', '..', '@', ''), { maxLength: 6 }),
    rest: fc.constantFrom('', '?', '?a=b', '?a#b', '#c'),
    accessToken: fc.option(fc.string({ unit: fc.constantFrom(...token68), minLength: 1, maxLength: 200 }), {
      nil: undefined,
    }),
    nonce: fc.option(fc.string({ unit: fc.constantFrom(...nqchar), minLength: 1, maxLength: 60 }), { nil: undefined }),
    offset: fc.integer({ min: -60, max: 10 }),
  });

  it.each(names)('DPOP-4.3-06 %s: every proof that our signer makes is accepted for its request', async (alg) => {
    const key = await generateKey(alg);
    await fc.assert(
      fc.asyncProperty(requests, async ({ htm, path, rest, accessToken, nonce, offset }) => {
        const own = `https://venue.example/${path.join('/')}`;
        const signer = createSigner({ key, clock: () => (NOW + offset) * 1000 });
        const proof = await signer.proof({ method: htm, url: `${own}${rest}`, accessToken, nonce });
        const expected = { ...EXPECTED, htm, htu: own, accessToken };
        const checked = checkProof(readProof(proof, ALL), expected);
        matchConfirmation({ jkt: signer.jkt }, { scheme: 'DPoP', proof: checked });
        expect(verifyProof(checked)).toMatchObject({
          sender: { alg },
          htm,
          own,
          nonce,
          jkt: signer.jkt,
          iat: NOW + offset,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('DPOP-4.3-09 and for no other request', async () => {
    const signer = createSigner({ key: await generateKey(), clock: () => NOW * 1000 });
    await fc.assert(
      fc.asyncProperty(requests, requests, async (one, other) => {
        const own = (path: readonly string[]): string => `https://venue.example/${path.join('/')}`;
        const proof = await signer.proof({ method: one.htm, url: own(one.path), accessToken: one.accessToken ?? 't' });
        const spared = verdict(proof, { htm: other.htm, htu: own(other.path), accessToken: other.accessToken ?? 't' });
        const same =
          new URL(own(one.path).replaceAll('%7E', '~')).href === new URL(own(other.path).replaceAll('%7E', '~')).href;
        const isSame = one.htm === other.htm && same && one.accessToken === other.accessToken;
        expect(spared === 'accepted').toBe(isSame);
      }),
      { numRuns: 100 },
    );
  });
});

describe('one changed character', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const resource = rfc9449.proofs[2];
  const victims: [string, string, Expectation][] = [
    ...names.map((alg): [string, string, Expectation] => [alg, forge({ key: keys[alg] }), {}]),
    [
      'RFC 9449 figure 13',
      resource?.proof ?? '',
      {
        htm: 'GET',
        htu: 'https://resource.example.org/protectedresource',
        accessToken: rfc9449.accessToken,
        freshness: { ...EXPECTED.freshness, now: 1562262618 },
      },
    ],
  ];

  /** Another character of the alphabet for each position: the neighbour, whose bits are nearest, and a far one. */
  const neighbours = (character: string): string[] => {
    const at = ALPHABET.indexOf(character);
    return at === -1 ? ['A', ''] : [ALPHABET[at ^ 1] ?? '', ALPHABET[at ^ 32] ?? ''];
  };

  it.each(victims)('DPOP-4.3-06 anywhere in a proof by %s refuses it', (_, proof, expected) => {
    expect(verdict(proof, expected)).toBe('accepted');
    for (let i = 0; i < proof.length; i += 1) {
      for (const character of neighbours(proof[i] ?? '')) {
        const changed = proof.slice(0, i) + character + proof.slice(i + 1);
        expect([i, character, verdict(changed, expected)]).not.toEqual([i, character, 'accepted']);
      }
    }
  });

  it.each(victims)('DPOP-4.3-02 added to, taken from or moved in a proof by %s refuses it', (_, proof, expected) => {
    for (let i = 0; i <= proof.length; i += 3) {
      for (const changed of [
        `${proof.slice(0, i)}A${proof.slice(i)}`,
        `${proof.slice(0, i)}.${proof.slice(i)}`,
        proof.slice(0, i) + proof.slice(i + 1),
        proof.slice(i) + proof.slice(0, i),
      ]) {
        if (changed !== proof) expect([i, verdict(changed, expected)]).not.toEqual([i, 'accepted']);
      }
    }
  });

  it('DPOP-4.3-02 nothing that is sent as a proof ever ends otherwise than accepted or refused', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 80 }), { maxLength: 4 })
        .map((s) => s.join('.')),
      fc
        .tuple(fc.json(), fc.json())
        .map((pair) => `${pair.map((t) => Buffer.from(t).toString('base64url')).join('.')}.AA`),
      fc
        .dictionary(fc.constantFrom('typ', 'alg', 'jwk', 'crit', 'b64'), fc.jsonValue())
        .map((header) => forge({ header })),
      fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'd', 'use', 'alg'), fc.jsonValue()).map((members) => {
        return forge({ header: { jwk: { ...keys.ES256.jwk, ...members } } });
      }),
      fc
        .dictionary(fc.constantFrom('jti', 'htm', 'htu', 'iat', 'ath', 'nonce', 'exp', 'nbf'), fc.jsonValue())
        .map((payload) => forge({ payload })),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        try {
          const evidence: CheckedProof = judge(text);
          expect(evidence.own).toBe(EXPECTED.htu);
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
