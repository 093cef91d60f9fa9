import type { Alg } from './cast.ts';
import type { Difference } from './differences.ts';
import type { Facts, Jwt } from './facts.ts';
import type { Mutation } from './mutations.ts';

const SKEW = 10;
const LENGTHS: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, Ed25519: 32 };
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const jwtOf = ({ proof, token }: Facts, ours: string): Jwt => (ours.startsWith('proof') ? proof : token);
const member = (name: string, value: unknown): Mutation => ({ kind: 'member', of: 'proof jwk', name, value });
const claim = (name: string, value: unknown): Mutation => ({ kind: 'member', of: 'proof payload', name, value });
const tokenClaim = (name: string, value: unknown): Mutation => ({ kind: 'member', of: 'token payload', name, value });
const ES256: { alg: Alg } = { alg: 'ES256' };

/** What the verifier refuses on purpose and the reference takes. */
export const STRICTER: readonly Difference[] = [
  {
    name: 'one spelling of base64url',
    reason:
      'RFC 7515 §2 has no padding, no white space and no second spelling; jose takes what Uint8Array.fromBase64 takes',
    ours: /^(?:proof|token)_malformed (?:header|payload|signature) is not base64url$/,
    isShown: (facts, ours) => {
      const segment = jwtOf(facts, ours).segments[/header|payload|signature/.exec(ours)?.[0] ?? ''] ?? '';
      return Buffer.from(segment, 'base64').toString('base64url') !== segment;
    },
    examples: [
      { mutations: [{ kind: 'encoding', of: 'proof', part: 'payload', how: 'padded' }] },
      { mutations: [{ kind: 'encoding', of: 'proof', part: 'header', how: 'space within' }] },
      { mutations: [{ kind: 'compact', of: 'proof', how: 'newline behind' }] },
    ],
  },
  {
    name: 'no byte order mark',
    reason: 'RFC 8259 §8.1 lets a parser ignore one; no client sends it, and what is signed is then not what is read',
    ours: /^(?:proof|token)_malformed (?:header|payload) is not a JSON object$/,
    isShown: (facts, ours) => {
      const segment = jwtOf(facts, ours).segments[/header|payload/.exec(ours)?.[0] ?? ''] ?? '';
      return Buffer.from(segment, 'base64').subarray(0, 3).equals(Buffer.from('\u{feff}'));
    },
    examples: [
      { mutations: [{ kind: 'spelling', of: 'proof', part: 'header', how: 'byte order mark' }] },
      { mutations: [{ kind: 'spelling', of: 'token', part: 'payload', how: 'byte order mark' }] },
    ],
  },
  {
    name: 'typ exactly as RFC 9449 has it',
    reason: '§4.3 (4): the value is dpop+jwt; jose compares media types, in any case and with application/',
    ours: /^proof_typ$/,
    isShown: ({ proof: { header } }) => {
      const typ = typeof header['typ'] === 'string' ? header['typ'].toLowerCase() : '';
      return header['typ'] !== 'dpop+jwt' && (typ === 'dpop+jwt' || typ === 'application/dpop+jwt');
    },
    examples: ['application/dpop+jwt', 'DPoP+JWT'].map((value) => ({
      mutations: [{ kind: 'member', of: 'proof header', name: 'typ', value }],
    })),
  },
  {
    name: 'neither crit nor b64',
    reason:
      'RFC 7797 §7: JWTs do not use b64, so no extension is left that crit could name; jose takes b64 that is true',
    ours: /^(?:proof|token)_malformed (?:crit|b64)$/,
    isShown: (facts, ours) => Object.keys(jwtOf(facts, ours).header).some((name) => name === 'crit' || name === 'b64'),
    examples: [{ mutations: [{ kind: 'member', of: 'proof header', name: 'b64', value: true }] }],
  },
  {
    name: 'no member of a private key, whatever the type',
    reason: '§4.3 (7): jose looks for what makes this type of key private, and takes the rest for unknown members',
    ours: /^proof_jwk_private$/,
    isShown: ({ jwk }) => PRIVATE.some((name) => Object.hasOwn(jwk, name)),
    examples: ['k', 'p', 'qi'].map((name) => ({ ...ES256, mutations: [member(name, 'AA')] })),
  },
  {
    name: 'one spelling of a key',
    reason: 'RFC 7638 §7: a thumbprint names a key only if the key has one spelling, in exactly its octets',
    ours: /^proof_jwk [xyne]$/,
    isShown: ({ jwk }, ours) => {
      const value = String(jwk[ours.at(-1) ?? '']);
      const octets = Buffer.from(value, 'base64');
      const fits = jwk['kty'] === 'RSA' ? octets[0] !== 0 : octets.length === LENGTHS[String(jwk['crv'])];
      return octets.toString('base64url') !== value || !fits;
    },
    examples: [
      { ...ES256, mutations: [{ kind: 'key spelling', member: 'x', how: 'padded', rebind: true }] },
      { ...ES256, mutations: [{ kind: 'key spelling', member: 'y', how: 'loose bits', rebind: true }] },
      { alg: 'PS256', mutations: [{ kind: 'key spelling', member: 'n', how: 'zero octet before', rebind: true }] },
    ],
  },
  {
    name: 'RSA with 65537',
    reason: 'another exponent gives nothing but slower keys and other spellings',
    ours: /^proof_jwk e$/,
    isShown: ({ jwk }) => jwk['kty'] === 'RSA' && jwk['e'] !== 'AQAB',
    examples: [{ alg: 'PS256', mutations: [{ kind: 'key', whose: 'exponent 3', signs: true, rebind: true }] }],
  },
  {
    name: 'RSA of 4096 bits at most',
    reason: 'the key is a stranger’s, and its length is our cost',
    ours: /^proof_jwk n$/,
    isShown: ({ jwk }) => Buffer.from(String(jwk['n']), 'base64url').length > 512,
    examples: [{ alg: 'PS256', mutations: [{ kind: 'key', whose: 'long modulus', signs: true, rebind: true }] }],
  },
  {
    name: 'a jti of one character or more',
    reason: '§4.2: an empty one is no unique identifier',
    ours: /^proof_claims jti$/,
    isShown: ({ proof: { payload } }) => payload['jti'] === '',
    examples: [{ mutations: [claim('jti', '')] }],
  },
  {
    name: 'a nonce that is a string',
    reason: '§4.2: also where iat decides and nobody asks for one',
    ours: /^proof_claims nonce$/,
    isShown: ({ proof: { payload } }) => typeof payload['nonce'] !== 'string' || payload['nonce'] === '',
    examples: [{ policy: 'off', mutations: [claim('nonce', 1)] }],
  },
  {
    name: 'finite times',
    reason: 'RFC 7519 §2: a NumericDate is a number of seconds; 1e400 parses as Infinity',
    ours: /^(?:proof|token)_claims (?:iat|exp|nbf)$/,
    isShown: (facts, ours) => {
      const value = jwtOf(facts, ours).payload[ours.slice(-3)];
      return typeof value === 'number' && !Number.isFinite(value);
    },
    examples: [{ mutations: [{ kind: 'json', of: 'proof payload', name: 'exp', json: '1e400' }] }],
  },
  {
    name: 'no leeway for exp',
    reason: 'RFC 7519 §4.1.4 allows one; a venue has a clock. jose has one leeway for nbf and exp',
    ours: /^(?:proof|token)_expired$/,
    isShown: (facts, ours) => {
      const exp = Number(jwtOf(facts, ours).payload['exp']);
      return exp <= facts.now && exp > facts.now - SKEW;
    },
    examples: [
      { mutations: [{ kind: 'number', of: 'proof payload', name: 'exp', offset: -9 }] },
      { mutations: [{ kind: 'member', of: 'token payload', name: 'exp', value: 1_763_640_030 }] },
    ],
  },
  {
    name: 'an htu by the grammar of RFC 3986',
    reason:
      '§4.3 (9) names RFC 3986; URL also takes tabs, backslashes, userinfo, other letters and any number of slashes',
    ours: /^proof_htu$/,
    isShown: ({ proof: { payload } }) => !isUri(String(payload['htu'])),
    examples: (
      ['backslashes', 'a tab', 'empty userinfo', 'full-width letters', 'one slash', 'a space before'] as const
    ).map((how) => ({ mutations: [{ kind: 'htu', how }] })),
  },
  {
    name: 'an htu of 2048 characters at most',
    reason: 'unless it is exactly the URI that was called; nothing longer is worth normalising',
    ours: /^proof_htu$/,
    isShown: ({ proof: { payload } }) => String(payload['htu']).length > 2048,
    examples: [{ mutations: [{ kind: 'htu', how: 'a long query' }] }],
  },
  {
    name: 'a port without leading zeros',
    reason: 'RFC 3986 §6.2.3 drops the default port, which is 443; what 0443 is, each parser decides for itself',
    ours: /^proof_htu$/,
    isShown: ({ proof: { payload } }) => /^https:\/\/[^/?#]+:0+443(?:[/?#]|$)/i.test(String(payload['htu'])),
    examples: [{ mutations: [{ kind: 'htu', how: 'port with zeros' }] }],
  },
  {
    name: 'no dot segments in the request target',
    reason: 'routers take them as they come; what they would stand for is not what is served',
    ours: /^request_malformed$/,
    isShown: ({ target }) => /\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target),
    examples: [{ mutations: [{ kind: 'request', how: 'dot segments' }] }],
  },
  {
    name: 'a proof of 10240 characters at most, and 4096 of header and payload each',
    reason: 'a stranger’s octets are our cost; the longest signature we take leaves room in it',
    ours: /^proof_too_large$/,
    isShown: ({ proof: { compact, segments } }) =>
      compact.length > 10_240 || Math.max(segments['header']?.length ?? 0, segments['payload']?.length ?? 0) > 4096,
    examples: [{ mutations: [{ kind: 'spelling', of: 'proof', part: 'header', how: 'a longer member' }] }],
  },
  {
    name: 'a token in the characters of token68',
    reason: 'RFC 9110 §11.2: jose ignores white space within base64url',
    ours: /^credentials_malformed$/,
    isShown: ({ token: { compact } }) => !/^[A-Za-z0-9\-._~+/]+=*$/.test(compact),
    examples: [{ mutations: [{ kind: 'compact', of: 'token', how: 'newline behind' }] }],
  },
  {
    name: 'a token from the past',
    reason: 'RFC 7519 §4.1.6: issued later than now and our leeway, by the clock of nobody we trust',
    ours: /^token_not_yet_valid$/,
    isShown: ({ token: { payload }, now }) => Number(payload['iat']) > now + SKEW,
    examples: [{ mutations: [{ kind: 'number', of: 'token payload', name: 'iat', offset: 60 }] }],
  },
  {
    name: 'a confirmation that is understood',
    reason: 'RFC 7800 §3.1: a member that is not understood is a condition that nobody checks',
    ours: /^confirmation_unknown$/,
    isShown: ({ cnf }) =>
      Object.entries(cnf).some(
        ([name, value]) => name !== 'jkt' && !(name === 'x5t#S256' && /^[\w-]{43}$/.test(`${value}`)),
      ),
    examples: [{ mutations: [{ kind: 'member', of: 'token cnf', name: 'kid', value: 'k' }] }],
  },
  {
    name: 'a token with two confirmations satisfies both',
    reason: 'RFC 8705 §3.1: a certificate is part of the condition, and the reference knows only jkt',
    ours: /^certificate_missing$/,
    isShown: ({ cnf }) => typeof cnf['jkt'] === 'string' && typeof cnf['x5t#S256'] === 'string',
    examples: [{ mutations: [{ kind: 'member', of: 'token cnf', name: 'x5t#S256', value: 'A'.repeat(43) }] }],
  },
  {
    name: 'claims of a token that have their type',
    reason: 'RFC 9068 §2.2, RFC 9396 §9: also where the reference does not look at them, and no empty identifiers',
    ours: /^token_claims (?:scope|authorization_details|aud|jti|sub|client_id)$/,
    isShown: ({ token: { payload } }, ours) => hasWrongType(payload, ours.slice('token_claims '.length)),
    examples: [{ mutations: [tokenClaim('scope', ['a'])] }],
  },
];

function hasWrongType(payload: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = payload[name];
  if (name === 'scope') return typeof value !== 'string';
  if (name === 'aud') return Array.isArray(value) && value.some((each) => typeof each !== 'string');
  if (name !== 'authorization_details') return value === '';
  return !Array.isArray(value) || value.some((detail: { type?: unknown } | null) => typeof detail?.type !== 'string');
}

/** RFC 3986 §3 for http: what each component may be made of, and no userinfo. */
function isUri(text: string): boolean {
  const [, authority, path = '', query = ''] = /^https?:\/\/([^/?#]+)([^?#]*)(.*)$/is.exec(text) ?? [];
  if (authority === undefined || !/^(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})+(?::\d*)?$/i.test(authority)) return false;
  const characters = /^(?:[\w.~!$&'()*+,;=:@/-]|%[\da-f]{2})*$/i;
  return characters.test(path) && characters.test(query.replace(/^\?/, '').replace('#', '').replaceAll('?', ''));
}
