import { FAPI_ALGORITHMS, readProof } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { encode, forge, keys, type Members, otherKeys, signed, texts } from './forge.ts';
import { ALL, judge, outcome, refusal, verdict } from './judge.ts';

describe('item 2: one well-formed compact JWT', () => {
  const good = forge();
  const [header = '', payload = '', signature = ''] = good.split('.');

  it('DPOP-4.3-02 takes a good proof', () => {
    expect(verdict(good)).toBe('accepted');
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['one segment', header],
    ['two segments', `${header}.${payload}`],
    ['four segments', `${good}.`],
    ['five segments, as of a JWE', `${good}.a.b`],
    ['only dots', '..'],
    ['no header', `.${payload}.${signature}`],
    ['no payload', `${header}..${signature}`],
    ['a space behind', `${good} `],
    ['a space before', ` ${good}`],
    ['a newline behind', `${good}\n`],
    ['a tab within', `${header}.\t${payload}.${signature}`],
    ['padding behind the header', `${header}=.${payload}.${signature}`],
    ['padding behind the signature', `${good}==`],
    ['the standard alphabet', `${header}.${payload}.${signature.slice(0, -2)}+/`],
    ['a character beyond ASCII', `${header}.${payload}.${signature.slice(0, -1)}é`],
    ['a NUL', `${good}\0`],
    ['flattened JSON', JSON.stringify({ protected: header, payload, signature })],
    ['general JSON', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['a scheme before it', `DPoP ${good}`],
    ['quotes around it', `"${good}"`],
  ])('DPOP-4.3-02 refuses %s', (_, compact) => {
    expect(verdict(compact)).toBe('proof_malformed');
  });

  it.each(['header', 'payload'] as const)('DPOP-4.3-02 takes 4096 characters of %s and refuses one more', (part) => {
    const index = part === 'header' ? 0 : 1;
    const sized = (length: number): string => {
      // Base64url writes three octets in four characters
      for (let padding = 'x'.repeat(2500); ; padding += 'x') {
        const proof = forge({ [part]: { padding } });
        if ((proof.split('.')[index] ?? '').length >= length) return proof;
      }
    };
    expect(verdict(sized(4096))).toBe('accepted');
    expect(verdict(sized(4097))).toBe('proof_too_large');
  });

  it('DPOP-4.3-02 does not look into what is too large', () => {
    expect(verdict('x'.repeat(10_241))).toBe('proof_too_large');
  });
});

describe('item 3: required members', () => {
  it.each<[string, Members, string]>([
    ['typ', { typ: undefined }, 'proof_typ'],
    ['alg', { alg: undefined }, 'proof_alg'],
    ['jwk', { jwk: undefined }, 'proof_jwk'],
  ])('DPOP-4.3-03 refuses a header without %s', (_, header, code) => {
    expect(verdict(forge({ header }))).toBe(code);
  });

  const wrong = [undefined, null, '', 0, true, [], {}, ['a']];
  const cases = ['jti', 'htm', 'htu'].flatMap((claim) => wrong.map((value) => [claim, value] as const));
  it.each(cases)('DPOP-4.3-03 refuses %s of %j', (claim, value) => {
    const refused = refusal(() => judge(forge({ payload: { [claim]: value } })));
    expect([refused?.code, refused?.detail]).toEqual(['proof_claims', claim]);
  });

  it('DPOP-4.3-03 takes no claim from the prototype of an object', () => {
    const { payload, header } = texts({ payload: { jti: undefined } });
    const inherited = payload.replace('{', '{"__proto__":{"jti":"inherited"},');
    expect(verdict(signed(header, inherited))).toBe('proof_claims');
  });

  it('DPOP-4.2-10 ignores what it does not know', () => {
    const header = { kid: 'k', jku: 'https://evil.example/jwks', x5u: 'https://evil.example/', x5c: ['AA'], zip: 1 };
    const payload = { iss: 'client', sub: 'x', aud: ['y'], zoo: { deep: [1] }, cnf: null };
    expect(verdict(forge({ header, payload }))).toBe('accepted');
  });

  it('JOSE-8725-3.10-01 asks nobody for the keys that jku and x5u name', () => {
    const header = { jwk: undefined, jku: 'https://venue.example/jwks', x5u: 'https://venue.example/x5u' };
    expect(verdict(forge({ header }))).toBe('proof_jwk');
  });
});

describe('item 4: typ', () => {
  it.each([
    'JWT',
    'at+jwt',
    'application/dpop+jwt',
    'DPOP+JWT',
    'dpop+JWT',
    'dpop+jwt ',
    'dpop',
    '',
    null,
    ['dpop+jwt'],
    'client-authentication+jwt',
    'logout+jwt',
  ])('DPOP-4.3-04 JOSE-8725-3.11-01 refuses %j', (typ) => {
    expect(verdict(forge({ header: { typ } }))).toBe('proof_typ');
  });

  it.each<[string, Members, Members]>([
    ['an ID token', { typ: 'JWT' }, { iss: 'https://as.example', sub: 'u', aud: 'c', exp: 2e9 }],
    ['an access token', { typ: 'at+jwt' }, { iss: 'https://as.example', client_id: 'c', cnf: { jkt: 'x' } }],
    ['a client assertion', { typ: 'client-authentication+jwt' }, { iss: 'c', sub: 'c', aud: 'https://as.example' }],
    ['a client assertion of old', { typ: undefined }, { iss: 'c', sub: 'c', aud: 'https://as.example' }],
    ['a request object', { typ: 'oauth-authz-req+jwt' }, { client_id: 'c' }],
  ])('DPOP-11.5-01 JOSE-8725-3.12-01 refuses %s that is a proof in all but typ', (_, header, payload) => {
    expect(verdict(forge({ header, payload }))).toBe('proof_typ');
  });
});

describe('item 5: alg', () => {
  it.each(['none', 'NONE', 'None', 'HS256', 'HS512', 'RS256', 'RS1', 'ES512', 'ES256K', 'es256', 'Ed448', '', 'dir'])(
    'DPOP-4.3-05 DPOP-11.6-01 refuses %j, however many are allowed',
    (alg) => {
      expect(verdict(forge({ header: { alg } }), {}, new Set([...ALL, alg]))).toBe('proof_alg');
    },
  );

  it.each([null, 256, ['ES256'], {}, true])('DPOP-4.3-05 refuses alg of %j', (alg) => {
    expect(verdict(forge({ header: { alg } }))).toBe('proof_alg');
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'DPOP-4.3-05 refuses %s, which every object has',
    (alg) => {
      expect(verdict(forge({ header: { alg } }), {}, new Set([alg]))).toBe('proof_alg');
    },
  );

  it('DPOP-4.3-05 refuses an unsigned proof', () => {
    const [header] = forge({ header: { alg: 'none' } }).split('.');
    expect(verdict(`${header}.${encode('{}')}.`)).toBe('proof_alg');
  });

  it('JOSE-8725-3.1-01 refuses a known algorithm that is not allowed here', () => {
    expect(verdict(forge({ key: keys.ES384 }), {}, new Set(FAPI_ALGORITHMS))).toBe('proof_alg');
    expect(verdict(forge({ key: keys.PS256 }), {}, new Set(['ES256']))).toBe('proof_alg');
    expect(verdict(forge(), {}, new Set())).toBe('proof_alg');
  });

  it('DPOP-4.3-05 refuses RS256 and ES512 with keys and signatures that are sound', () => {
    for (const key of [otherKeys.rs256, otherKeys.es512, otherKeys.es256k]) {
      expect(verdict(forge({ key }))).toBe('proof_alg');
    }
  });
});

describe('item 7: no private key', () => {
  const good = keys.ES256.jwk;
  it.each(Object.entries(keys))('DPOP-4.3-07 refuses the private key of %s', (_, key) => {
    expect(verdict(forge({ key, header: { jwk: key.privateJwk } }))).toBe('proof_jwk_private');
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    'DPOP-4.3-07 refuses a key with %s, even a null one',
    (member) => {
      for (const value of ['AA', '', null, []]) {
        expect(verdict(forge({ header: { jwk: { ...good, [member]: value } } }))).toBe('proof_jwk_private');
      }
    },
  );

  it('DPOP-4.3-07 refuses a symmetric key', () => {
    const jwk = { kty: 'oct', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T' };
    expect(outcome(() => readProof(forge({ header: { jwk } }), ALL))).toBe('proof_jwk_private');
  });
});
