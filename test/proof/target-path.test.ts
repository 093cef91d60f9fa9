import { metadataUrl, targetPath } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';

const ORIGIN = 'https://venue.example';

describe('targetPath (N2)', () => {
  it.each([
    ['/', '/'],
    ['/orders', '/orders'],
    ['/orders?a=b', '/orders'],
    ['/orders?', '/orders'],
    ['/?/a', '/'],
    ['/a?b?c', '/a'],
    ['/a//b', '/a//b'],
    ['/a/...', '/a/...'],
    ['/a?/../b', '/a'],
    ['/.well-known/x', '/.well-known/x'],
    ['/%7e', '/%7e'],
    ['//evil.example/a', '//evil.example/a'],
    ['/https://evil.example/', '/https://evil.example/'],
    ['/a\\b', '/a\\b'],
    [`${ORIGIN}/orders?a`, '/orders'],
    [`${ORIGIN}/`, '/'],
    [`${ORIGIN}//evil.example/`, '//evil.example/'],
  ])('DPOP-4.3-09 of %s is %s', (target, path) => {
    expect(targetPath(target, ORIGIN)).toBe(path);
  });

  it.each([
    '',
    '*',
    'orders',
    '?a',
    '\\evil.example\\a',
    ' /orders',
    'venue.example:443',
    ORIGIN,
    `${ORIGIN}:443/orders`,
    `${ORIGIN}.evil.example/orders`,
    'https://venue.example@evil.example/',
    'http://venue.example/orders',
    'https://evil.example/orders',
    'HTTPS://VENUE.EXAMPLE/orders',
    '/a/../b',
    '/a/%2e%2E/b',
    '/./b',
    '/a/.',
    '/a/..?q',
    '/orders#f',
    '/orders?a#f',
    '#',
  ])('DPOP-4.3-09 of %j is none', (target) => {
    expect(targetPath(target, ORIGIN)).toBeUndefined();
  });
});

describe('targetPath of an origin with a path prefix, which a proxy strips', () => {
  it('is what a router makes of the target, in either form', () => {
    expect(targetPath('/orders', `${ORIGIN}/v1`)).toBe('/orders');
    expect(targetPath(`${ORIGIN}/orders`, `${ORIGIN}/v1`)).toBe('/orders');
    expect(targetPath(`${ORIGIN}/v1/orders`, `${ORIGIN}/v1`)).toBe('/v1/orders');
  });
});

describe('metadataUrl', () => {
  const WELL_KNOWN = '/.well-known/oauth-authorization-server';
  it.each([
    ['https://as.example', `https://as.example${WELL_KNOWN}`],
    ['https://as.example/', `https://as.example${WELL_KNOWN}`],
    ['https://as.example:8443', `https://as.example:8443${WELL_KNOWN}`],
    ['https://as.example/tenant', `https://as.example${WELL_KNOWN}/tenant`],
    ['https://as.example/a/b', `https://as.example${WELL_KNOWN}/a/b`],
    ['https://as.example/%7Etenant', `https://as.example${WELL_KNOWN}/%7Etenant`],
  ])('ASM-3-01 of %s is %s', (issuer, url) => {
    expect(metadataUrl(issuer)).toBe(url);
  });

  it('ASM-3.1-01 drops the slash that terminates the path of the issuer', () => {
    expect(metadataUrl('https://as.example/tenant/')).toBe(`https://as.example${WELL_KNOWN}/tenant`);
  });
});
