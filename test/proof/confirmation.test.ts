import {
  type Confirmation,
  checkProof,
  matchConfirmation,
  readConfirmation,
  readProof,
  x5tS256,
} from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import rfc8705 from '../vectors/rfc8705.json' with { type: 'json' };
import { forge, keys } from './forge.ts';
import { ALL, EXPECTED, outcome } from './judge.ts';

const proof = checkProof(readProof(forge(), ALL), EXPECTED);
const strangersProof = checkProof(readProof(forge({ key: keys.Ed25519 }), ALL), EXPECTED);
const certificate = Buffer.from(rfc8705.certificate, 'base64');
const strangersCertificate = Buffer.from(certificate).reverse();

const jkt = proof.jkt;
const x5t = x5tS256(certificate);
const toKey: Confirmation = { jkt };
const toCertificate: Confirmation = { 'x5t#S256': x5t };
const toBoth: Confirmation = { jkt, 'x5t#S256': x5t };

describe('the accept matrix (N16)', () => {
  const bindings = { toKey, toCertificate, toBoth };
  const proofs = { 'no proof': undefined, 'its proof': proof, 'another proof': strangersProof };
  const certificates = {
    'no certificate': undefined,
    'its certificate': certificate,
    'another certificate': strangersCertificate,
  };
  const accepted = new Set([
    'toKey DPoP, its proof, no certificate',
    'toKey DPoP, its proof, its certificate',
    'toKey DPoP, its proof, another certificate',
    'toCertificate Bearer, no proof, its certificate',
    'toCertificate Bearer, its proof, its certificate',
    'toCertificate Bearer, another proof, its certificate',
    'toBoth DPoP, its proof, its certificate',
  ]);

  const cells = Object.entries(bindings).flatMap(([binding, confirmation]) =>
    (['DPoP', 'Bearer'] as const).flatMap((scheme) =>
      Object.entries(proofs).flatMap(([shown, shownProof]) =>
        Object.entries(certificates).map(([presented, der]) => ({
          cell: `${binding} ${scheme}, ${shown}, ${presented}`,
          confirmation,
          possession: { scheme, proof: shownProof, certificate: der },
        })),
      ),
    ),
  );

  it('has 54 cells, of which 7 are open', () => {
    expect(cells).toHaveLength(54);
    expect(cells.filter(({ cell }) => accepted.has(cell))).toHaveLength(7);
  });

  it.each(cells)('DPOP-6-02 DPOP-7.2-01 MTLS-3-02 $cell', ({ cell, confirmation, possession }) => {
    expect(outcome(() => matchConfirmation(confirmation, possession)) === 'accepted').toBe(accepted.has(cell));
  });
});

describe('each refusal has its reason', () => {
  it.each([
    ['DPOP-7.2-01 a token bound to a key, as Bearer', toKey, { scheme: 'Bearer', proof }, 'scheme_mismatch'],
    [
      'DPOP-7.2-01 a token bound to both, as Bearer',
      toBoth,
      { scheme: 'Bearer', proof, certificate },
      'scheme_mismatch',
    ],
    [
      'a token bound to a certificate, as DPoP',
      toCertificate,
      { scheme: 'DPoP', proof, certificate },
      'scheme_mismatch',
    ],
    ['DPOP-7.1-03 no proof', toKey, { scheme: 'DPoP' }, 'proof_missing'],
    ['DPOP-4.3-13 the proof of another key', toKey, { scheme: 'DPoP', proof: strangersProof }, 'key_mismatch'],
    ['MTLS-3-02 no certificate', toCertificate, { scheme: 'Bearer' }, 'certificate_missing'],
    [
      'MTLS-3-03 another certificate',
      toCertificate,
      { scheme: 'Bearer', certificate: strangersCertificate },
      'certificate_mismatch',
    ],
    ['an empty certificate', toCertificate, { scheme: 'Bearer', certificate: Buffer.alloc(0) }, 'certificate_mismatch'],
    ['a token bound to both, without certificate', toBoth, { scheme: 'DPoP', proof }, 'certificate_missing'],
    ['a token bound to both, without proof', toBoth, { scheme: 'DPoP', certificate }, 'proof_missing'],
  ] as const)('%s', (_, confirmation, possession, code) => {
    expect(outcome(() => matchConfirmation(confirmation, possession))).toBe(code);
  });

  it.each(['DPoP', 'Bearer'] as const)('DPOP-6-01 a confirmation of nothing is met by nothing, as %s', (scheme) => {
    expect(outcome(() => matchConfirmation({}, { scheme }))).toBe('token_unbound');
    expect(outcome(() => matchConfirmation({}, { scheme, proof, certificate }))).toBe('token_unbound');
  });

  it('MTLS-7.2-01 every character of the hash counts, and so does its length', () => {
    const possession = { scheme: 'Bearer', certificate } as const;
    for (let i = 0; i < x5t.length; i += 1) {
      const changed = `${x5t.slice(0, i)}${x5t[i] === 'A' ? 'B' : 'A'}${x5t.slice(i + 1)}`;
      expect(outcome(() => matchConfirmation({ 'x5t#S256': changed }, possession))).toBe('certificate_mismatch');
      const prefix = x5t.slice(0, i);
      expect(outcome(() => matchConfirmation({ 'x5t#S256': prefix }, possession))).toBe('certificate_mismatch');
    }
  });
});

describe('reading cnf', () => {
  it.each([[toKey], [toCertificate], [toBoth]])('DPOP-6-01 takes %j', (cnf) => {
    expect(readConfirmation(cnf)).toEqual(cnf);
  });

  it.each([[undefined], [{}]])('DPOP-6-01 %j binds to nothing', (cnf) => {
    expect(outcome(() => readConfirmation(cnf))).toBe('token_unbound');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', jkt],
    ['an array', [toKey]],
    ['true', true],
    ['an unknown member alone', { kid: 'k' }],
    ['an unknown member beside a known one', { ...toKey, kid: 'k' }],
    ['a whole key', { jwk: keys.ES256.jwk }],
    ['an encrypted key', { jwe: 'a.b.c.d.e' }],
    ['a member in other case', { JKT: jkt }],
    ['x5t of SHA-1', { x5t: 'A'.repeat(27) }],
    ['a known name of the prototype', { constructor: jkt }],
    ['a jkt of null beside a certificate', { jkt: null, 'x5t#S256': x5t }],
    ['a jkt that is a number', { jkt: 1 }],
    ['a jkt that is empty', { jkt: '' }],
    ['a jkt that is a list', { jkt: [jkt] }],
    ['a jkt that is cut', { jkt: jkt.slice(0, -1) }],
    ['a jkt that is padded', { jkt: `${jkt}=` }],
    ['a jkt with white space', { jkt: `${jkt}\n` }],
    ['a jkt in hexadecimal', { jkt: 'a'.repeat(64) }],
    ['a hash in the standard alphabet', { 'x5t#S256': `${x5t.slice(0, -1)}+` }],
    ['a hash of null beside a key', { jkt, 'x5t#S256': null }],
  ])('DPOP-6-01 cannot check %s', (_, cnf) => {
    expect(outcome(() => readConfirmation(cnf))).toBe('confirmation_unknown');
  });

  it('DPOP-6-01 cannot check a member called __proto__', () => {
    const cnf = JSON.parse(`{"jkt":"${jkt}","__proto__":{"x5t#S256":"${x5t}"}}`);
    expect(outcome(() => readConfirmation(cnf))).toBe('confirmation_unknown');
  });

  it('reads the sample of RFC 8705, whose hash is in no canonical spelling and so is met by no certificate', () => {
    const confirmation = readConfirmation(rfc8705.figure2);
    expect(outcome(() => matchConfirmation(confirmation, { scheme: 'Bearer', certificate }))).toBe(
      'certificate_mismatch',
    );
  });
});
