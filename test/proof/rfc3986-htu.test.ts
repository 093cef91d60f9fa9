import { matchesHtu, normalizeHtu } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';

const O = 'https://h.example';

describe('RFC 3986 §6.2.2–6.2.3, and no more', () => {
  it.each<[string, string, string]>([
    ['§6.2.2.1 scheme in lower case', 'HTTPS://h.example/a', `${O}/a`],
    ['§6.2.2.1 host in lower case', 'https://H.ExAmPlE/A', `${O}/A`],
    ['§6.2.2.1 IPv6 in lower case', 'https://[2001:DB8::1]/a', 'https://[2001:db8::1]/a'],
    ['§6.2.2.1 hex digits in upper case', `${O}/%c3%a9`, `${O}/%C3%A9`],
    ['§6.2.2.1 hex digits of a host in upper case', 'https://%c3%A9.example/', 'https://%C3%A9.example/'],
    ['§6.2.2.2 a tilde decoded', `${O}/%7Eu`, `${O}/~u`],
    ['§6.2.2.2 a tilde decoded, lower hex', `${O}/%7eu`, `${O}/~u`],
    ['§6.2.2.2 letters, digits, hyphen, dot, underscore decoded', `${O}/%41%7a%30%2D%2E%5f`, `${O}/Az0-._`],
    ['§6.2.2.2 letters of a host decoded, then in lower case', 'https://%48.ex%61mple/', `${O}/`],
    ['§6.2.2.2 a slash stays encoded', `${O}/a%2fb`, `${O}/a%2Fb`],
    ['§6.2.2.2 a percent sign is decoded once at most', `${O}/%2541`, `${O}/%2541`],
    ['§6.2.2.2 a question mark stays encoded', `${O}/a%3Fb`, `${O}/a%3Fb`],
    ['§6.2.2.2 a hash stays encoded', `${O}/a%23b`, `${O}/a%23b`],
    ['§6.2.2.2 sub-delims stay as they are', `${O}/!$&'()*+,;=:`, `${O}/!$&'()*+,;=:`],
    ['§6.2.2.2 encoded sub-delims stay encoded', `${O}/%21%24%2b`, `${O}/%21%24%2B`],
    ['§6.2.2.2 a space and a NUL stay encoded', `${O}/%20%00`, `${O}/%20%00`],
    ['§6.2.2.3 a single dot', `${O}/a/./b`, `${O}/a/b`],
    ['§6.2.2.3 two dots', `${O}/a/../b`, `${O}/b`],
    ['§6.2.2.3 encoded dots', `${O}/a/%2e%2E/b`, `${O}/b`],
    ['§6.2.2.3 dots at the end', `${O}/a/b/..`, `${O}/a/`],
    ['§6.2.2.3 one dot at the end', `${O}/a/b/.`, `${O}/a/b/`],
    ['§6.2.2.3 more dots than segments', `${O}/../../a`, `${O}/a`],
    ['§6.2.2.3 three dots are a name', `${O}/a/.../b`, `${O}/a/.../b`],
    ['§6.2.2.3 a leading dot is a name', `${O}/.well-known/x`, `${O}/.well-known/x`],
    ['§6.2.2.3 dots behind an empty segment', `${O}/a//../b`, `${O}/a/b`],
    ['§5.4.2 /./g', `${O}/./g`, `${O}/g`],
    ['§5.4.2 ../g. in a path', `${O}/b/c/../g.`, `${O}/b/g.`],
    ['§5.4.2 g;x=1/../y', `${O}/b/g;x=1/../y`, `${O}/b/y`],
    ['§6.2.3 the default port', 'https://h.example:443/a', `${O}/a`],
    ['§6.2.3 the default port of http', 'http://h.example:80/a', 'http://h.example/a'],
    ['§6.2.3 an empty port', 'https://h.example:/a', `${O}/a`],
    ['§6.2.3 any other port stays', 'https://h.example:8443/a', 'https://h.example:8443/a'],
    ['§6.2.3 the default port of the other scheme stays', 'https://h.example:80/', 'https://h.example:80/'],
    ['§6.2.3 zeros before a port are another text', 'https://h.example:0443/', 'https://h.example:0443/'],
    ['§6.2.3 an empty path', O, `${O}/`],
    ['§6.2.3 an empty path before a query', `${O}?q`, `${O}/`],
    ['a query goes', `${O}/a?b=/../c&%20`, `${O}/a`],
    ['a fragment goes', `${O}/a#b/../?c`, `${O}/a`],
    ['two slashes stay', `${O}/a//b`, `${O}/a//b`],
    ['a slash at the end stays', `${O}/a/`, `${O}/a/`],
    ['an encoded commercial at equals a plain one', `${O}/u%40x`, `${O}/u@x`],
  ])('DPOP-4.3-14 %s', (_, uri, normal) => {
    expect(normalizeHtu(uri)).toBe(normal);
    expect(matchesHtu(uri, normal)).toBe(true);
    expect(matchesHtu(normal, uri)).toBe(true);
  });

  it.each([
    ['a slash and an encoded slash', `${O}/a/b`, `${O}/a%2Fb`],
    ['an encoded percent sign and what it would decode to', `${O}/%2541`, `${O}/A`],
    ['one slash and two', `${O}/a/b`, `${O}/a//b`],
    ['with and without a slash at the end', `${O}/a`, `${O}/a/`],
    ['path letters in other case', `${O}/a`, `${O}/A`],
    ['a plus and an encoded space', `${O}/a+b`, `${O}/a%20b`],
    ['a plus and an encoded plus', `${O}/a+b`, `${O}/a%2Bb`],
    ['composed and decomposed letters', `${O}/%C3%A9`, `${O}/e%CC%81`],
    ['a host and the same with a dot behind', `${O}/`, `${O}./`],
    ['a short and a long IPv6 address', 'https://[::1]/', 'https://[0:0:0:0:0:0:0:1]/'],
    ['two ports', `${O}:8443/`, `${O}:8444/`],
    ['two schemes', `${O}/`, 'http://h.example/'],
  ])('DPOP-4.3-09 tells apart %s', (_, one, other) => {
    expect(matchesHtu(one, other)).toBe(false);
    expect(matchesHtu(other, one)).toBe(false);
  });
});

/** What `new URL()` makes of each: the reason why it is not used. */
describe('what new URL() would let pass for https://h.example/a', () => {
  it.each([
    ['backslashes', 'https:\\\\h.example\\a'],
    ['a backslash as the path', 'https://h.example\\a'],
    ['no slashes', 'https:h.example/a'],
    ['one slash', 'https:/h.example/a'],
    ['three slashes', 'https:///h.example/a'],
    ['a space before', ' https://h.example/a'],
    ['a space behind', 'https://h.example/a '],
    ['a newline behind', 'https://h.example/a\n'],
    ['a tab in the scheme', 'ht\ttps://h.example/a'],
    ['a newline in the host', 'https://h.exa\nmple/a'],
    ['a control character before', '\u0001https://h.example/a'],
    ['full-width letters', 'https://\uff48.example/a'],
    ['a full-width dot', 'https://h\u3002example/a'],
    ['a soft hyphen', 'https://h.exam\u00adple/a'],
  ])('DPOP-4.3-09 refuses %s', (_, uri) => {
    expect(new URL(uri).href).toBe(`${O}/a`);
    expect(normalizeHtu(uri)).toBeUndefined();
    expect(matchesHtu(uri, `${O}/a`)).toBe(false);
  });

  it.each([
    ['a short IPv4 address', 'https://127.1/a', 'https://127.0.0.1/a'],
    ['a hexadecimal IPv4 address', 'https://0x7f.1/a', 'https://127.0.0.1/a'],
    ['a decimal IPv4 address', 'https://2130706433/a', 'https://127.0.0.1/a'],
    ['an octal IPv4 address', 'https://0177.0.0.1/a', 'https://127.0.0.1/a'],
    ['an IPv6 address with zeros', 'https://[0:0::1]/a', 'https://[::1]/a'],
    ['zeros before the default port', 'https://h.example:0443/a', `${O}/a`],
  ])('DPOP-4.3-09 does not rewrite %s', (_, uri, rewritten) => {
    expect(new URL(uri).href).toBe(rewritten);
    expect(matchesHtu(uri, rewritten)).toBe(false);
  });

  it.each([
    ['a user', 'https://u@h.example/a'],
    ['a user and a password', 'https://u:p@h.example/a'],
    ['an empty user', 'https://@h.example/a'],
    ['a backslash in the path', 'https://h.example/b\\..\\a'],
    ['a space in the path', 'https://h.example/a b'],
    ['a letter beyond ASCII', 'https://h.example/é'],
    ['quotes and braces', 'https://h.example/"{}"'],
    ['a caret and a bar', 'https://h.example/a|b^'],
    ['a cut escape', 'https://h.example/a%2'],
    ['a bad escape', 'https://h.example/a%zz'],
    ['brackets in the path', 'https://h.example/[a]'],
    ['two fragments', 'https://h.example/a#b#c'],
  ])('DPOP-4.3-09 refuses %s, which it takes', (_, uri) => {
    expect(URL.canParse(uri)).toBe(true);
    expect(normalizeHtu(uri)).toBeUndefined();
  });

  it('DPOP-4.3-14 and what it would refuse although it is equivalent', () => {
    expect(new URL(`${O}/%7Eu`).href).not.toBe(new URL(`${O}/~u`).href);
    expect(matchesHtu(`${O}/%7Eu`, `${O}/~u`)).toBe(true);
  });
});

describe('what is no http URI', () => {
  it.each([
    '',
    '/',
    'h.example/a',
    '//h.example/a',
    'https://',
    'https:///a',
    'https://:443/a',
    'https://h.example:44x/',
    'https://h.example:-1/',
    'https://[::1/',
    'https://::1/',
    'https://[::1%25eth0]/',
    'https://[v1.a]/',
    'ftp://h.example/',
    'ws://h.example/',
    'file:///a',
    'data:,a',
    'javascript:a',
    'httpsx://h.example/',
    'http\u017f://h.example/',
    'https://\u212a.example/',
    'https://h.example/\0',
    'https://h.example/\ud800',
    'https://h.example/a\u2028',
    `https://h.example/${'a'.repeat(2048)}`,
  ])('DPOP-4.3-09 refuses %j', (uri) => {
    expect(normalizeHtu(uri)).toBeUndefined();
    expect(matchesHtu(uri, `${O}/`)).toBe(false);
  });

  it('DPOP-4.3-09 is not matched by something else that is none, and only by itself', () => {
    expect(matchesHtu(`${O}/a|b`, `${O}/c|d`)).toBe(false);
    expect(matchesHtu('', `${O}/a b`)).toBe(false);
    expect(matchesHtu(`${O}/a|b`, `${O}/a|b`)).toBe(true);
  });

  it('DPOP-4.3-09 costs little, however it is built', () => {
    const started = performance.now();
    for (const part of ['/', '/.', '/..', '%41', '%', 'a', ':', '@', '?', '/%2e%2e', '//a', '%2']) {
      const uri = `${O}/${part.repeat(Math.floor(2000 / part.length))}`;
      for (let i = 0; i < 20; i += 1) normalizeHtu(`${uri}\\`);
      normalizeHtu(uri);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
