import type { SignedRequest, SignedResponse } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { type Component, readComponents } from '../../packages/proof/src/signatures/component.ts';
import { signatureBase } from '../../packages/proof/src/signatures/signature-base.ts';
import { readDictionary } from '../../packages/proof/src/signatures/structured-field.ts';
import { outcome } from './judge.ts';

/*
 * The examples of RFC 9421 §2.1 to §2.4, a line of the base each. What is not printed there is marked as ours.
 */

const MULTILINE = 'var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something';

const request = (targetUri: string, headers: readonly string[] = [], method = 'POST'): SignedRequest => ({
  method,
  targetUri,
  headers,
});

function componentsOf(written: string): readonly Component[] {
  const list = readDictionary(`sig=(${written})`, 'signature_malformed').get('sig')?.list;
  return readComponents(list?.[0] ?? []);
}

function lineOf(written: string, message: { request: SignedRequest; response?: SignedResponse }): string {
  const base = signatureBase(componentsOf(written), '', message);
  return base.slice(0, base.indexOf('\n"@signature-params"')).slice(`${written}: `.length);
}

describe('RFC 9421 §2.1: fields', () => {
  const headers = [
    ...['Host', 'www.example.com', 'Date', 'Tue, 20 Apr 2021 02:07:56 GMT'],
    ...['X-OWS-Header', '   Leading and trailing whitespace.   ', 'X-Obs-Fold-Header', 'Obsolete\r\n    line folding.'],
    ...['Cache-Control', 'max-age=60', 'Cache-Control', '   must-revalidate'],
    ...['Example-Dict', '  a=1,    b=2;x=1;y=2,   c=(a   b   c)', 'X-Empty-Header', ''],
  ];

  it.each([
    ['"host"', 'www.example.com'],
    ['"date"', 'Tue, 20 Apr 2021 02:07:56 GMT'],
    ['"x-ows-header"', 'Leading and trailing whitespace.'],
    ['"x-obs-fold-header"', 'Obsolete line folding.'],
    ['"cache-control"', 'max-age=60, must-revalidate'],
    ['"example-dict"', 'a=1,    b=2;x=1;y=2,   c=(a   b   c)'],
    ['"x-empty-header"', ''],
  ])('SIG-2.1-01 %s', (written, value) => {
    expect(lineOf(written, { request: request('https://www.example.com/', headers) })).toBe(value);
  });

  it.each([
    ['"example-dict";key="a"', '1'],
    ['"example-dict";key="b"', '2;x=1;y=2'],
    ['"example-dict";key="c"', '(a b c)'],
    ['"example-dict";key="d"', '?1'],
  ])('SIG-2.1.2-01 %s', (written, value) => {
    const dict = ['Example-Dict', '  a=1, b=2;x=1;y=2, c=(a   b    c), d'];
    expect(lineOf(written, { request: request('https://www.example.com/', dict) })).toBe(value);
  });

  it.each([
    ['Content-Digest', ' sha-256=:AAAA:,md5=:BBBB: ', 'sha-256=:AAAA:, md5=:BBBB:'],
    ['Priority', 'u=1,i', 'u=1, i'],
    ['Client-Cert', ' :AAAA:', ':AAAA:'],
    ['Client-Cert-Chain', ':AAAA:,:BBBB:', ':AAAA:, :BBBB:'],
  ])('SIG-2.1-01 %s in its canonical form (ours)', (name, sent, value) => {
    const written = `"${name.toLowerCase()}";sf`;
    expect(lineOf(written, { request: request('https://www.example.com/', [name, sent]) })).toBe(value);
    const broken = () => lineOf(written, { request: request('https://www.example.com/', [name, `${sent},,"`]) });
    expect(outcome(broken)).toBe('signature_coverage');
  });

  it('SIG-2.1-01 lines as octets, because commas in them would make them ambiguous', () => {
    const lines = ['Example-Header', 'value, with, lots', 'Example-Header', 'of, commas'];
    const one = ['Example-Header', 'value, with, lots, of, commas'];
    const written = '"example-header";bs';
    expect(lineOf(written, { request: request('https://e.example/', lines) })).toBe(
      ':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:',
    );
    expect(lineOf(written, { request: request('https://e.example/', one) })).toBe(
      ':dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:',
    );
    const absent = () => lineOf(written, { request: request('https://e.example/') });
    expect(outcome(absent)).toBe('signature_coverage');
  });
});

describe('RFC 9421 §2.2: derived components', () => {
  it.each([
    ['"@method"', 'https://www.example.com/path?param=value', 'POST'],
    ['"@target-uri"', 'https://www.example.com/path?param=value', 'https://www.example.com/path?param=value'],
    ['"@authority"', 'https://www.example.com/path?param=value', 'www.example.com'],
    ['"@authority"', 'https://WWW.Example.com:443/', 'www.example.com'],
    ['"@authority"', 'http://www.example.com:80/', 'www.example.com'],
    ['"@authority"', 'http://www.example.com:443/', 'www.example.com:443'],
    ['"@authority"', 'https://[::1]:8443/', '[::1]:8443'],
    ['"@scheme"', 'HTTP://www.example.com/path?param=value', 'http'],
    ['"@request-target"', 'https://www.example.com/path?param=value', '/path?param=value'],
    ['"@path"', 'https://www.example.com/path?param=value', '/path'],
    ['"@path"', 'https://www.example.com', '/'],
    [
      '"@query"',
      'https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman',
      '?param=value&foo=bar&baz=bat%2Dman',
    ],
    ['"@query"', 'https://www.example.com/path?queryString', '?queryString'],
    ['"@query"', 'https://www.example.com/path', '?'],
  ])('SIG-2.2-01, SIG-2.2.3-01, SIG-2.2.4-01 %s of %s', (written, uri, value) => {
    expect(lineOf(written, { request: request(uri) })).toBe(value);
  });

  it.each([
    ['baz', 'param=value&foo=bar&baz=batman&qux=', 'batman'],
    ['qux', 'param=value&foo=bar&baz=batman&qux=', ''],
    ['param', 'param=value&foo=bar&baz=batman&qux=', 'value'],
    ['var', MULTILINE, 'this%20is%20a%20big%0Amultiline%20value'],
    ['bar', MULTILINE, 'with%20plus%20whitespace'],
    ['fa%C3%A7ade%22%3A%20', MULTILINE, 'something'],
  ])('SIG-2.2.8-01 the parameter %s of %s', (name, query, value) => {
    const written = `"@query-param";name="${name}"`;
    expect(lineOf(written, { request: request(`https://www.example.com/path?${query}`) })).toBe(value);
  });

  it.each(['ftp://www.example.com/', 'https://', '/path', 'https://a@b/', 'https://a/#b', 'https://a/ b'])(
    'SIG-2.5-01 %s has no parts (ours)',
    (uri) => {
      expect(outcome(() => lineOf('"@path"', { request: request(uri) }))).toBe('signature_coverage');
    },
  );

  it('SIG-2.2.9-01 the status is of a response, and never of a request', () => {
    const message = { request: request('https://www.example.com/'), response: { status: 200, headers: [] } };
    expect(lineOf('"@status"', message)).toBe('200');
    expect(outcome(() => lineOf('"@status"', { request: message.request }))).toBe('signature_coverage');
    expect(outcome(() => lineOf('"@status";req', message))).toBe('signature_coverage');
  });
});

describe('RFC 9421 §2.4: components of the request', () => {
  const message = {
    request: request('https://www.example.com/path', ['X-Note', 'of the request']),
    response: { status: 200, headers: ['X-Note', 'of the response'] },
  };

  it('SIG-2.4-03 stand in a response, beside its own', () => {
    expect(lineOf('"x-note"', message)).toBe('of the response');
    expect(lineOf('"x-note";req', message)).toBe('of the request');
    expect(lineOf('"@method";req', message)).toBe('POST');
  });

  it('SIG-2.4-03 never stand in a request, and what is of requests never in a response by itself', () => {
    expect(outcome(() => lineOf('"x-note";req', { request: message.request }))).toBe('signature_coverage');
    expect(outcome(() => lineOf('"@method";req', { request: message.request }))).toBe('signature_coverage');
    expect(outcome(() => lineOf('"@method"', message))).toBe('signature_coverage');
  });
});
