import type { Octets } from './draft.ts';

const buffer = (text: Octets): Buffer => Buffer.from(text as string);
const json = (change: (text: string) => string) => (text: Octets) => change(text.toString());
const escaped = (text: string): string =>
  [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** The JSON of a header or a payload in other spellings. */
export const SPELLINGS = {
  'white space': json((text) => text.replace(/([{,:])/g, '$1 \t\r\n')),
  'white space around': json((text) => ` ${text}\n`),
  'no-break space around': json((text) => `\u00a0${text}`),
  'form feed around': json((text) => `\f${text}`),
  'escaped names and values': json((text) =>
    text.replace(/"([A-Za-z]{3,8})"/g, (_, word: string) => `"${escaped(word)}"`),
  ),
  'escaped slashes': json((text) => text.replaceAll('/', '\\/')),
  'members in another order': json((text) => reversed(text)),
  'trailing comma': json((text) => text.replace(/\}$/, ',}')),
  comment: json((text) => text.replace(/^\{/, '{/**/')),
  'single quotes': json((text) => text.replaceAll('"', "'")),
  'garbage behind': json((text) => `${text}x`),
  twice: json((text) => text + text),
  'in an array': json((text) => `[${text}]`),
  'in an object': json((text) => `{"a":${text}}`),
  'as a string': json((text) => JSON.stringify(text)),
  null: () => 'null',
  number: () => '1',
  array: () => '[]',
  'empty object': () => '{}',
  empty: () => '',
  'byte order mark': json((text) => `\u{feff}${text}`),
  'two byte order marks': json((text) => `\u{feff}\u{feff}${text}`),
  'NUL behind': json((text) => `${text}\0`),
  'UTF-16': (text: Octets) => Buffer.from(text.toString(), 'utf16le'),
  'an octet that is no UTF-8': (text: Octets) => withString(text, Buffer.from([0xff])),
  'an overlong octet': (text: Octets) => withString(text, Buffer.from([0xc0, 0xaf])),
  'octets of a surrogate': (text: Octets) => withString(text, Buffer.from([0xed, 0xa0, 0x80])),
  'a cut-off character': (text: Octets) => withString(text, Buffer.from([0xe2, 0x82])),
  'an escaped lone surrogate': json((text) => text.replace(/^\{/, '{"x":"\\ud800",')),
  'a replacement character': json((text) => text.replace(/^\{/, '{"x":"\ufffd",')),
  'a control character': json((text) => text.replace(/^\{/, '{"x":"\u0007",')),
  'an unknown member': json((text) => text.replace(/^\{/, '{"x":{"y":[1,{}]},')),
  'a long member': json((text) => text.replace(/^\{/, `{"x":"${'x'.repeat(2000)}",`)),
  'a longer member': json((text) => text.replace(/^\{/, `{"x":"${'x'.repeat(8000)}",`)),
  'deep nesting': json((text) => text.replace(/^\{/, `{"x":${'['.repeat(900)}${']'.repeat(900)},`)),
  'a __proto__': json((text) => text.replace(/^\{/, '{"__proto__":{"typ":"dpop+jwt","htm":"GET","crit":["x"]},')),
  'a constructor': json((text) => text.replace(/^\{/, '{"constructor":1,"toString":2,"hasOwnProperty":3,')),
  'big numbers': json((text) => text.replace(/^\{/, '{"x":[1e400,-1e400,1e-400,-0,123456789012345678901234567890],')),
} as const;

function withString(text: Octets, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"x":"'), octets, Buffer.from('",'), buffer(text).subarray(1)]);
}

function reversed(text: string): string {
  try {
    return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()));
  } catch {
    return text;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** One more bit in the last character, which decodes to nothing where the segment does not end on it. */
const looseBits = (text: string): string =>
  text.length % 4 === 0 ? text : text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1) ?? 'A') | 1];
const padded = (text: string): string => text + '='.repeat((4 - (text.length % 4)) % 4);

/** Base64url in other spellings. */
export const ENCODINGS = {
  padded,
  'padded too much': (text: string) => `${text}====`,
  'standard alphabet': (text: string) => text.replaceAll('-', '+').replaceAll('_', '/'),
  'loose bits': looseBits,
  'space within': (text: string) => `${text.slice(0, 5)} ${text.slice(5)}`,
  'newline behind': (text: string) => `${text}\n`,
  'a character too many': (text: string) => `${text}A`,
  'a foreign character': (text: string) => `${text}*`,
  'NUL behind': (text: string) => `${text}\0`,
  hexadecimal: (text: string) => Buffer.from(text, 'base64url').toString('hex'),
  percent: (text: string) => text.replaceAll('-', '%2D'),
  empty: () => '',
} as const;

const octets = (change: (octets: Buffer) => Uint8Array) => (text: string) =>
  Buffer.from(change(Buffer.from(text, 'base64url'))).toString('base64url');

/** A member of a key in other spellings, some of which `jose` takes for the same key. */
export const KEY_SPELLINGS = {
  padded,
  'standard alphabet': ENCODINGS['standard alphabet'],
  'loose bits': looseBits,
  'space within': ENCODINGS['space within'],
  'zero octet before': octets((value) => Buffer.concat([Buffer.alloc(1), value])),
  'octet missing': octets((value) => value.subarray(1)),
  'last octet missing': octets((value) => value.subarray(0, -1)),
  zeros: octets((value) => Buffer.alloc(value.length)),
  ones: octets((value) => Buffer.alloc(value.length, 255)),
  'another octet': octets((value) => value.map((octet, i) => (i === 5 ? octet ^ 1 : octet))),
  empty: () => '',
} as const;

/** Signatures after they were made. */
export const SIGNATURES = {
  'octet missing': (signature: Buffer) => signature.subarray(0, -1),
  'first octet missing': (signature: Buffer) => signature.subarray(1),
  'octet more': (signature: Buffer) => Buffer.concat([signature, Buffer.alloc(1)]),
  'octet before': (signature: Buffer) => Buffer.concat([Buffer.alloc(1), signature]),
  empty: () => Buffer.alloc(0),
  zeros: (signature: Buffer) => Buffer.alloc(signature.length),
  ones: (signature: Buffer) => Buffer.alloc(signature.length, 255),
  'halves exchanged': (signature: Buffer) =>
    Buffer.concat([signature.subarray(signature.length / 2), signature.subarray(0, signature.length / 2)]),
  'other half of the pair': (signature: Buffer) => (signature.length === 64 ? mirrored(signature) : signature),
} as const;

/** For ECDSA on P-256: s and n - s verify alike. For Ed25519 it is just another signature. */
function mirrored(signature: Buffer): Buffer {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = n - BigInt(`0x${signature.toString('hex', 32)}`);
  if (s < 0n) return signature;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
}

/** Compact JWTs after they were made. */
export const COMPACT = {
  'segments exchanged': (jwt: string) => jwt.replace(/^([^.]*)\.([^.]*)/, '$2.$1'),
  'signature first': (jwt: string) => jwt.split('.').reverse().join('.'),
  'no signature': (jwt: string) => jwt.replace(/[^.]*$/, ''),
  'two segments': (jwt: string) => jwt.replace(/\.[^.]*$/, ''),
  'four segments': (jwt: string) => `${jwt}.`,
  'five segments': (jwt: string) => `${jwt}.AA.AA`,
  'no header': (jwt: string) => jwt.replace(/^[^.]*/, ''),
  'flattened JSON': (jwt: string) => {
    const [header, payload, signature] = jwt.split('.');
    return JSON.stringify({ protected: header, payload, signature });
  },
  'space before': (jwt: string) => ` ${jwt}`,
  'space behind': (jwt: string) => `${jwt} `,
  'newline behind': (jwt: string) => `${jwt}\n`,
  'tab within': (jwt: string) => jwt.replace('.', '.\t'),
  quoted: (jwt: string) => `"${jwt}"`,
  'comma behind': (jwt: string) => `${jwt},`,
  twice: (jwt: string) => `${jwt}, ${jwt}`,
  'byte order mark': (jwt: string) => `\u{feff}${jwt}`,
  'full-width dot': (jwt: string) => jwt.replace('.', '．'),
  empty: () => '',
} as const;
