import { describe, expect, it } from 'vitest';
import { pageHeaders } from '../../packages/issuer/src/pages/security-headers.ts';

function policy(...destinations: Parameters<typeof pageHeaders>): Record<string, string> {
  const text = pageHeaders(...destinations)['Content-Security-Policy'] ?? '';
  return Object.fromEntries(
    text
      .split('; ')
      .map((directive) => [directive.slice(0, directive.indexOf(' ')), directive.slice(directive.indexOf(' ') + 1)]),
  );
}

const formAction = (redirectUri: string, uri?: string) => policy({ redirectUri, uri })['form-action'];

describe('header fields of a page', () => {
  it('FAPI2-5.2.3-01 browsers come back over TLS only', () => {
    const [, age] = /^max-age=(\d+)/.exec(pageHeaders()['Strict-Transport-Security'] ?? '') ?? [];
    expect(Number(age)).toBeGreaterThanOrEqual(31_536_000);
  });

  it('FAPI2-5.2.3-03 no other origin is let in', () => {
    expect(Object.keys(pageHeaders()).filter((name) => /^access-control-/i.test(name))).toEqual([]);
    expect(pageHeaders()).toMatchObject({
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
  });

  it('nothing runs, nothing is fetched but a stylesheet of ours, nobody frames it, nobody keeps it', () => {
    expect(policy()).toEqual({
      'default-src': "'none'",
      'style-src': "'self'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
    });
    expect(pageHeaders()).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'same-origin',
    });
  });

  it('the form may lead to the origin of the redirect URI, and of the site that the client registered', () => {
    expect(formAction('https://desk.example/cb?x=1')).toBe("'self' https://desk.example");
    expect(formAction('https://desk.example:8443/cb')).toBe("'self' https://desk.example:8443");
    expect(formAction('https://desk.example/cb', 'https://desk.example/about')).toBe("'self' https://desk.example");
    expect(formAction('https://auth.desk.example/cb', 'https://desk.example/')).toBe(
      "'self' https://auth.desk.example https://desk.example",
    );
    expect(formAction('http://127.0.0.1:51234/cb')).toBe("'self' http://127.0.0.1:51234");
  });

  it('of an IPv6 address the port has to do: the policy has no word for it', () => {
    expect(formAction('http://[::1]:51234/cb')).toBe("'self' http://*:51234");
    expect(formAction('http://[::1]/cb')).toBe("'self' http://*");
  });

  it('a host cannot write into the policy', () => {
    for (const sign of [';', ',', "'", '*']) {
      expect(formAction(`https://a${sign}sandbox.example/cb`)).toBe("'self'");
    }
  });
});
