import type { Difference } from './differences.ts';
import type { Mutation } from './mutations.ts';

const EDWARDS = ['EdDSA', 'Ed25519'];
const member = (name: string, value: unknown): Mutation => ({ kind: 'member', of: 'proof jwk', name, value });

/** What the verifier takes on purpose and the reference refuses. */
export const LENIENT: readonly Difference[] = [
  {
    name: 'EdDSA and Ed25519 are one algorithm',
    reason: 'RFC 9864 §2.2: a key that names itself by one serves the other; jose compares the names',
    ours: /^accepted$/,
    theirs: /"alg"|no applicable key/,
    isShown: ({ proof, token, jwk }) =>
      (EDWARDS.includes(String(jwk['alg'])) &&
        EDWARDS.includes(String(proof.header['alg'])) &&
        jwk['alg'] !== proof.header['alg']) ||
      token.header['alg'] === 'EdDSA',
    examples: [{ alg: 'EdDSA', mutations: [member('alg', 'Ed25519')] }],
  },
  {
    name: 'a key that may do more than verify',
    reason: 'RFC 7517 §4.3: verify is among its operations; Web Cryptography imports a public key for nothing else',
    ours: /^accepted$/,
    theirs: /usage/,
    isShown: ({ jwk }) =>
      Array.isArray(jwk['key_ops']) && jwk['key_ops'].includes('verify') && jwk['key_ops'].length > 1,
    examples: [{ mutations: [member('key_ops', ['sign', 'verify'])] }],
  },
  {
    name: 'ext is not read',
    reason: 'it belongs to Web Cryptography, and is a member like any other that RFC 7517 does not know',
    ours: /^accepted$/,
    theirs: /Invalid Embedded JWK/,
    isShown: ({ jwk }) => Object.hasOwn(jwk, 'ext') && typeof jwk['ext'] !== 'boolean',
    examples: [{ mutations: [member('ext', 'true')] }],
  },
  {
    name: '@ and %40 in a path are one',
    reason: 'it delimits nothing there, and clients in the field escape it in one place and not in the other',
    ours: /^accepted$/,
    theirs: /^htu$/,
    isShown: ({ proof: { payload }, target }) =>
      /@/.test(`${target}${payload['htu']}`) || /%40/.test(`${payload['htu']}`),
    examples: [{ target: '/orders/a@b', mutations: [{ kind: 'htu', how: 'an at sign escaped' }] }],
  },
];
