import { type Change, ORIGIN } from './draft.ts';

/** What a request is besides its proof and its token. */
export interface RequestChange {
  readonly method?: Change<string>;
  readonly target?: Change<string>;
  readonly headers?: Change<string[]>;
}

const authorization = (change: Change<string>): RequestChange => ({
  headers: (headers) => headers.map((field, i) => (i === 1 ? change(field) : field)),
});

export const REQUEST = {
  'method in lower case': { method: (method) => method.toLowerCase() },
  'another method': { method: (method) => (method === 'PUT' ? 'GET' : 'PUT') },
  'another path': { target: () => '/positions' },
  'a slash more': { target: (target) => target.replace(/(\?|$)/, '/$1') },
  'a query': { target: (target) => target + (target.includes('?') ? '&a=b' : '?a=b/../c') },
  'escapes in lower case': { target: (target) => target.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()) },
  'an escape more': { target: (target) => target.replace('o', '%6F') },
  'two slashes': { target: (target) => `/${target}` },
  'dot segments': { target: (target) => `/x/..${target}` },
  'two proofs': { headers: (headers) => [...headers, ...headers.slice(2, 4)] },
  'no proof': { headers: (headers) => headers.slice(0, 2) },
  'an empty proof before': { headers: (headers) => ['DPoP', '', ...headers] },
  'two tokens': { headers: (headers) => [...headers, ...headers.slice(0, 2)] },
  'as Bearer': authorization((field) => field.replace('DPoP', 'Bearer')),
  'scheme in lower case': authorization((field) => field.replace('DPoP', 'dpop')),
  'two spaces': authorization((field) => field.replace(' ', '  ')),
  'field names in upper case': { headers: (headers) => headers.map((v, i) => (i % 2 === 0 ? v.toUpperCase() : v)) },
  'other fields around': { headers: (headers) => ['Host', 'evil.example', ...headers, 'DPoP-Nonce', 'x'] },
} as const satisfies Record<string, RequestChange>;

/** The right htu in other spellings, some of which mean the same, and wrong ones. */
export const HTU = {
  'host in upper case': (htu: string) => htu.replace('venue.example', 'VENUE.Example'),
  'scheme in upper case': (htu: string) => htu.replace('https', 'HTTPS'),
  'default port': (htu: string) => htu.replace('.example', '.example:443'),
  'empty port': (htu: string) => htu.replace('.example', '.example:'),
  'port with zeros': (htu: string) => htu.replace('.example', '.example:0443'),
  'other port': (htu: string) => htu.replace('.example', '.example:444'),
  'port beyond all': (htu: string) => htu.replace('.example', '.example:65979'),
  'another scheme': (htu: string) => htu.replace('https', 'http'),
  'another host': (htu: string) => htu.replace('venue', 'evil'),
  'a query': (htu: string) => `${htu}?a=b`,
  'a fragment': (htu: string) => `${htu}#a`,
  'a query of odd characters': (htu: string) => `${htu}?a=[b]|"c`,
  'a slash more': (htu: string) => `${htu}/`,
  'two slashes': (htu: string) => htu.replace('example/', 'example//'),
  'dot segments': (htu: string) => htu.replace('example/', 'example/x/../'),
  'escaped dot segments': (htu: string) => htu.replace('example/', 'example/x/%2e%2E/'),
  'dot segments beyond the root': (htu: string) => htu.replace('example/', 'example/../../'),
  'a dot at the end': (htu: string) => `${htu}/.`,
  'an unreserved escape': (htu: string) => htu.replace('orders', '%6frders'),
  'an escaped host': (htu: string) => htu.replace('venue', '%76enue'),
  'a reserved escape': (htu: string) => htu.replace('/orders', '%2Forders'),
  'escapes in lower case': (htu: string) => htu.replace(/%[0-9A-F]{2}/g, (e) => e.toLowerCase()),
  'no escapes': (htu: string) => htu.replace(/%[2-7][0-9A-F]/g, (octet) => decodeURIComponent(octet)),
  userinfo: (htu: string) => htu.replace('//', '//user@'),
  'empty userinfo': (htu: string) => htu.replace('//', '//@'),
  backslashes: (htu: string) => htu.replace('//', '\\\\'),
  'a backslash in the path': (htu: string) => htu.replace('example/', 'example\\'),
  'a tab': (htu: string) => htu.replace('orders', 'or\tders'),
  'a newline behind': (htu: string) => `${htu}\n`,
  'a space before': (htu: string) => ` ${htu}`,
  'one slash': (htu: string) => htu.replace('//', '/'),
  'three slashes': (htu: string) => htu.replace('//', '///'),
  'full-width letters': (htu: string) => htu.replace('venue', 'ｖenue'),
  'full-width dot': (htu: string) => htu.replace('.example', '。example'),
  'a soft hyphen': (htu: string) => htu.replace('venue', 'ven\u00adue'),
  'a dot behind the host': (htu: string) => htu.replace('.example', '.example.'),
  'a relative reference': (htu: string) => htu.slice(ORIGIN.length),
  'an at sign escaped': (htu: string) => htu.replaceAll('@', '%40'),
  'a broken escape': (htu: string) => `${htu}%zz`,
  'a NUL': (htu: string) => `${htu}\0`,
  'a lone surrogate': (htu: string) => `${htu}?\ud800`,
  'a long query': (htu: string) => `${htu}?${'a'.repeat(2100)}`,
} as const;
