import { createHash } from 'node:crypto';
import {
  type CheckedProof,
  checkProof,
  matchConfirmation,
  readProof,
  type VerifiedProof,
  verifyProof,
} from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { forge, HTU, keys } from './forge.ts';
import { ALL, EXPECTED, judge, outcome, refusal, verdict } from './judge.ts';

describe('item 8: htm', () => {
  it.each(['post', 'Post', 'POST ', ' POST', 'GET', 'PUT', 'POSTS', 'POS', 'P%4FST', 'P\u041eST'])(
    'DPOP-4.3-08 refuses %j for POST',
    (htm) => {
      expect(verdict(forge({ payload: { htm } }))).toBe('proof_htm');
    },
  );

  it('DPOP-4.3-08 refuses POST for a method that is really in lower case', () => {
    expect(verdict(forge(), { htm: 'post' })).toBe('proof_htm');
    expect(verdict(forge({ payload: { htm: 'post' } }), { htm: 'post' })).toBe('accepted');
  });

  it('DPOP-4.3-08 takes any method that is the same on both sides', () => {
    for (const htm of ['GET', 'QUERY', 'M-SEARCH', 'x'])
      expect(verdict(forge({ payload: { htm } }), { htm })).toBe('accepted');
  });
});

describe('item 9: htu', () => {
  it.each([
    'https://venue.example/orders/',
    'https://venue.example/order',
    'https://venue.example/Orders',
    'https://venue.example.evil.example/orders',
    'https://evil.example/orders',
    'https://venue.example:8443/orders',
    'http://venue.example/orders',
    'https://evil.example/?https://venue.example/orders',
    'https://evil.example/#https://venue.example/orders',
    'https://venue.example@evil.example/orders',
    '/orders',
    'venue.example/orders',
    'orders',
    '*',
  ])('DPOP-4.3-09 refuses %s', (htu) => {
    expect(verdict(forge({ payload: { htu } }))).toBe('proof_htu');
  });

  it.each([`${HTU}?`, `${HTU}?a=b&c`, `${HTU}#`, `${HTU}#f`, `${HTU}?a#f`, `${HTU}?https://evil.example/`])(
    'DPOP-4.3-09 ignores query and fragment: %s',
    (htu) => {
      expect(verdict(forge({ payload: { htu } }))).toBe('accepted');
    },
  );

  it.each(['HTTPS://VENUE.EXAMPLE/orders', 'https://venue.example:443/orders', 'https://venue.example/a/../%6frders'])(
    'DPOP-4.3-14 accepts the equivalent %s',
    (htu) => {
      expect(verdict(forge({ payload: { htu } }))).toBe('accepted');
    },
  );
});

describe('item 12a: ath', () => {
  const accessToken = 'a.b.c';
  const ath = createHash('sha256').update(accessToken).digest('base64url');

  it('DPOP-4.3-12 takes the hash of the token', () => {
    expect(verdict(forge({ payload: { ath } }), { accessToken })).toBe('accepted');
  });

  it.each<[string, string]>([
    ['another token', createHash('sha256').update('a.b.d').digest('base64url')],
    ['the token in padded base64url', `${ath}=`],
    ['the token in hex', createHash('sha256').update(accessToken).digest('hex')],
    ['the token by SHA-512', createHash('sha512').update(accessToken).digest('base64url')],
    ['the token with its scheme', createHash('sha256').update(`DPoP ${accessToken}`).digest('base64url')],
    ['the token, cut', ath.slice(0, -1)],
    ['the token, in other case', ath.toLowerCase()],
  ])('DPOP-4.3-12 refuses the hash of %s', (_, wrong) => {
    expect(verdict(forge({ payload: { ath: wrong } }), { accessToken })).toBe('proof_ath');
  });

  it('DPOP-4.3-12 refuses the token itself', () => {
    expect(verdict(forge({ payload: { ath: accessToken } }), { accessToken })).toBe('proof_ath');
  });

  it.each([undefined, null, '', 1, [ath], { ath }])('DPOP-4.3-12 refuses %j', (wrong) => {
    const refused = refusal(() => judge(forge({ payload: { ath: wrong } }), { accessToken }));
    expect([refused?.code, refused?.detail]).toEqual(['proof_claims', 'ath']);
  });

  it('DPOP-4.3-12 is not asked for where no token travels, but its type is', () => {
    expect(verdict(forge())).toBe('accepted');
    expect(verdict(forge({ payload: { ath: 'whatever' } }))).toBe('accepted');
    expect(verdict(forge({ payload: { ath: 7 } }))).toBe('proof_claims');
  });

  it('DPOP-4.3-12 asks for it even where the token is empty', () => {
    expect(verdict(forge(), { accessToken: '' })).toBe('proof_claims');
  });
});

describe('item 12b: the key that the token is bound to', () => {
  const checked = (key = keys.ES256): CheckedProof => checkProof(readProof(forge({ key }), ALL), EXPECTED);
  const match = (jkt: string, proof: CheckedProof): string =>
    outcome(() => matchConfirmation({ jkt }, { scheme: 'DPoP', proof }));

  it('DPOP-4.3-13 is the key of the proof, or the proof is refused', () => {
    expect(match(checked().jkt, checked())).toBe('accepted');
    expect(match(checked(keys.Ed25519).jkt, checked())).toBe('key_mismatch');
    expect(match(checked().jkt, checked(keys.PS256))).toBe('key_mismatch');
  });

  it('DPOP-4.3-13 is compared in full', () => {
    const { jkt } = checked();
    expect(match(jkt.slice(0, -1), checked())).toBe('key_mismatch');
    expect(match(`${jkt}=`, checked())).toBe('key_mismatch');
    expect(match('', checked())).toBe('key_mismatch');
  });
});

describe('evidence', () => {
  const read = readProof(forge(), ALL);

  it('cannot be had by leaving a check out', () => {
    // @ts-expect-error a proof that was only read is not checked
    const unchecked: CheckedProof = read;
    // @ts-expect-error a proof that was only checked is not verified
    const unverified: VerifiedProof = checkProof(unchecked, EXPECTED);
    expect(verifyProof(unverified)).toMatchObject({ jti: 'a-jti', own: HTU });
  });

  it('holds what the proof says and what the server knows', () => {
    expect(judge(forge({ payload: { htu: `${HTU}?q` } }))).toMatchObject({ htu: `${HTU}?q`, own: HTU, htm: 'POST' });
  });
});
