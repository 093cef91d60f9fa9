import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resourceChallenge, scriptedVenue } from './scripted-venue.ts';

const NONCE = 'error="use_dpop_nonce"';

/** How often a request is sent when the first answer is a 401 with these fields and a nonce. */
async function attempts(fields: readonly (string | readonly string[])[]): Promise<number[]> {
  let nth = -1;
  await using venue = await scriptedVenue(({ target }) => {
    const field = fields[Number(target.slice(1))] ?? '';
    nth += 1;
    const { headers } = resourceChallenge(`n-${nth}`);
    return { status: 401, headers: { ...headers, 'www-authenticate': field } };
  });
  for (const i of fields.keys()) await venue.client.fetch(`${venue.origin}/${i}`);
  return fields.map((_, i) => venue.calls.filter(({ target }) => target === `/${i}`).length);
}

const asks: (string | readonly string[])[] = [
  `DPoP ${NONCE}`,
  `dpop ${NONCE}`,
  `DPOP ERROR="use_dpop_nonce"`,
  'DPoP error=use_dpop_nonce',
  'DPoP error = "use_dpop_nonce"',
  'DPoP   error="use_dpop_nonce"',
  'DPoP error="use\\_dpop\\_nonce"',
  `DPoP algs="ES256 PS256", ${NONCE}, error_description="A, \\"new\\" nonce"`,
  `DPoP error_description="error=\\"invalid_token\\"", ${NONCE}`,
  // in company, before and behind
  `Bearer, DPoP ${NONCE}`,
  `Bearer realm="a, b", error="invalid_token", DPoP algs="ES256", ${NONCE}`,
  `DPoP ${NONCE}, Bearer error="invalid_token"`,
  `DPoP ${NONCE}, algs="ES256",Bearer`,
  `Basic realm="x", Negotiate YWJj==, DPoP ${NONCE}`,
  `Negotiate, Digest qop="auth, auth-int", nonce="abc", DPoP ${NONCE}`,
  `DPoP algs="ES256", DPoP ${NONCE}`,
  ['Bearer error="invalid_token"', `DPoP ${NONCE}`],
  [`DPoP ${NONCE}`, 'Negotiate abc=='],
  // RFC 9110 §5.6.1.2: empty elements of a list
  `, DPoP ${NONCE}`,
  `Bearer, , DPoP ${NONCE},`,
  `DPoP algs="ES256", ,${NONCE}`,
  ['', `DPoP ${NONCE}`],
  // DPOP-7.1-08: unknown parameters
  `DPoP x-vendor="1", tenant=a.b-c, ${NONCE}, error="use_dpop_nonce"`,
  `DPoP __proto__="x", constructor=y, ${NONCE}`,
];

const doesNotAsk: string[] = [
  'DPoP',
  'DPoP error="invalid_token"',
  'DPoP error="use_dpop_nonce2"',
  'DPoP error="USE_DPOP_NONCE"',
  'DPoP error_description="error=use_dpop_nonce"',
  'DPoP error_description=", DPoP error=\\"use_dpop_nonce\\""',
  'DPoP algs="ES256", x-error="use_dpop_nonce"',
  `Bearer ${NONCE}`,
  `Bearer realm="DPoP", ${NONCE}`,
  `Bearer realm=", DPoP error=", ${NONCE}`,
  `XDPoP ${NONCE}`,
  `DPoPx ${NONCE}`,
  'DPoP error="use_dpop_nonce',
  NONCE,
  '',
  `DPoP x="${'y'.repeat(9000)}", ${NONCE}`,
];

describe('RFC 9449 §7.1, §9: the challenge of a resource server', () => {
  it('DPOP-7.1-08 C092 asks for a nonce, in whatever company and letter case', async () => {
    const counted = await attempts(asks);
    expect(asks.filter((_, i) => counted[i] !== 2)).toEqual([]);
  });

  it('C092 does not ask for one in other words', async () => {
    const counted = await attempts(doesNotAsk);
    expect(doesNotAsk.filter((_, i) => counted[i] !== 1)).toEqual([]);
  });

  it.each([200, 400, 403, 500])('C092 does not ask for one with status %i', async (status) => {
    await using venue = await scriptedVenue(() => ({ ...resourceChallenge('n-1'), status }));
    await venue.client.fetch(venue.origin);
    expect(venue.calls).toHaveLength(1);
  });

  it('C092 does not ask for one without giving one', async () => {
    await using venue = await scriptedVenue(() => ({ status: 401, headers: { 'www-authenticate': `DPoP ${NONCE}` } }));
    await venue.client.fetch(venue.origin);
    expect(venue.calls).toHaveLength(1);
  });

  it('DPOP-7.1-10 does not ask for one in Proxy-Authenticate', async () => {
    const headers = { 'proxy-authenticate': `DPoP ${NONCE}`, 'dpop-nonce': 'n' };
    await using venue = await scriptedVenue(() => ({ status: 401, headers }));
    await venue.client.fetch(venue.origin);
    expect(venue.calls).toHaveLength(1);
  });

  it('DPOP-7.1-08 is read whatever other challenges and parameters there are', async () => {
    const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
    const quoted = fc.stringMatching(/^[ !#-[\]-~]{0,30}$/).map((text) => `"${text.replaceAll(/[",]/g, '\\$&')}"`);
    const parameter = fc
      .tuple(
        token.filter((name) => name.toLowerCase() !== 'error'),
        fc.oneof(token, quoted),
      )
      .map(([name, value]) => `${name}=${value}`);
    const parameters = fc.array(parameter, { maxLength: 4 });
    const other = fc
      .tuple(
        token.filter((name) => name.toLowerCase() !== 'dpop'),
        parameters,
      )
      .map(([scheme, list]) => (list.length === 0 ? scheme : `${scheme} ${list.join(', ')}`));
    const field = fc
      .tuple(fc.array(other, { maxLength: 3 }), parameters, parameters, fc.array(other, { maxLength: 3 }))
      .map(([before, left, right, after]) =>
        [...before, `DPoP ${[...left, NONCE, ...right].join(', ')}`, ...after].join(', '),
      );
    const fields = fc.sample(field, 200);
    const counted = await attempts(fields);
    expect(fields.filter((_, i) => counted[i] !== 2)).toEqual([]);
  });

  it('DPOP-7.1-08 never keeps the client busy, whatever it is made of', async () => {
    const hostile = [
      'a'.repeat(8192),
      'a '.repeat(4096),
      `DPoP ${'a="'.repeat(2700)}`,
      `DPoP a="${'\\"'.repeat(4000)}`,
      `DPoP ${'a=b,'.repeat(2000)}`,
      `${' '.repeat(8000)}x`,
      `DPoP ${'='.repeat(8000)}`,
      `a ${'b'.repeat(4000)}${'='.repeat(4000)}x`,
      ','.repeat(8000),
    ];
    const started = performance.now();
    expect(await attempts(hostile)).toEqual(hostile.map(() => 1));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
