import { createVerifier } from '@holdfast/verifier';
import fc from 'fast-check';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { dpopClient, proofKey } from './clients.ts';
import { granted, scriptedIssuer } from './scripted-issuer.ts';
import { type ScriptedVenue, scriptedVenue } from './scripted-venue.ts';
import { signingVenue } from './signing-venue.ts';
import { tlsServer } from './tls-server.ts';

/** What went over the wire, as the `htu` of a proof must name it. */
function wireHtu({ origin, calls }: Pick<ScriptedVenue, 'origin' | 'calls'>): string {
  return origin + (calls.at(-1)?.target.split('?')[0] ?? '');
}

const spellings = [
  ['a space', '/a b', '/a%20b'],
  ['an escaped space', '/a%20b', '/a%20b'],
  ['letters beyond ASCII', '/caf\u00e9/\u{1F4C8}', '/caf%C3%A9/%F0%9F%93%88'],
  ['an escaped unreserved octet', '/%7etrader', '/%7etrader'],
  ['the same in upper case', '/%7Etrader', '/%7Etrader'],
  ['an escaped slash', '/a%2fb', '/a%2fb'],
  ['dot segments', '/a/./b/../c', '/a/c'],
  ['escaped dot segments', '/a/%2e/b/%2E%2e/c', '/a/c'],
  ['dot segments beyond the root', '/../../a', '/a'],
  ['double slashes', '//a//b', '//a//b'],
  ['a trailing slash', '/a/', '/a/'],
  ['no path', '', '/'],
  ['a backslash', '/a\\b', '/a/b'],
  ['tabs and line breaks', '/a\tb\r\nc', '/abc'],
  ['parameters of a segment', "/a;v=1,2/@b:c!$&'()*+", "/a;v=1,2/@b:c!$&'()*+"],
  ['a query', '/a?b=c d&e=%7e\u00e9#f', '/a'],
  ['an empty query', '/a?', '/a'],
  ['a fragment', '/a#b?c', '/a'],
  ['a question mark in the query', '/a?b?c/../d', '/a'],
] as const;

describe('RFC 9449 §4.2: the URL that is sent and the htu are one spelling', () => {
  it.each(spellings)('DPOP-4.2-06 C091 %s', async (_, path, target) => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    await venue.client.fetch(venue.origin + path);
    expect(venue.calls[0]?.target.split('?')[0]).toBe(target);
    expect(venue.calls[0]?.proof?.payload['htu']).toBe(wireHtu(venue));
  });

  it('DPOP-4.2-06 the host in upper case, userinfo apart', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    await venue.client.fetch(`HTTPS://LocalHost:${venue.port}/Orders`);
    expect(venue.calls[0]?.proof?.payload['htu']).toBe(`${venue.origin}/Orders`);
    expect(venue.calls[0]?.headers.get('host')).toBe(`localhost:${venue.port}`);
  });

  it('DPOP-4.2-06 the query is sent as it stands, and is in no proof', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    await venue.client.fetch(new URL(`${venue.origin}/a?b=%7e&c=d+e`));
    expect(venue.calls[0]?.target).toBe('/a?b=%7e&c=d+e');
    expect(JSON.stringify(venue.calls[0]?.proof?.payload)).not.toContain('?');
  });

  it.each([
    ['a percent sign alone', '/100%'],
    ['a broken escape', '/a%zz'],
    ['a square bracket', '/a[0]'],
    ['a bar', '/a|b'],
  ])('DPOP-4.2-06 %s is in no URI (RFC 3986), so nothing is sent', async (_, path) => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    await expect(venue.client.fetch(venue.origin + path)).rejects.toMatchObject({ code: 'url_refused' });
    expect(venue.received).toHaveLength(0);
  });

  it('DPOP-4.2-06 any URL is either refused, or sent and signed as one', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%2e',
        '%2F',
        '%7E',
        '%',
        '?',
        '#',
        ' ',
        '\\',
        '@',
        ':',
        ';',
        '\u00e9',
        '\t',
      ),
      fc.string({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const before = venue.received.length;
        const sent = await venue.client.fetch(`${venue.origin}/${pieces.join('')}`).catch((thrown: unknown) => thrown);
        if (!(sent instanceof Error)) {
          expect(venue.received).toHaveLength(before + 1);
          expect(venue.calls.at(-1)?.proof?.payload['htu']).toBe(wireHtu(venue));
        } else {
          expect(sent).toMatchObject({ code: 'url_refused' });
          expect(venue.received).toHaveLength(before);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('our verifier takes what our client sends', () => {
  it.each(spellings)('DPOP-4.2-06 %s', async (_, path) => {
    await using scene = await verifiedVenue();
    const response = await scene.client.fetch(scene.origin + path, { method: 'POST', body: '{}' });
    expect(await response.text()).toBe('trader');
    expect(response.status).toBe(200);
  });

  it('and refuses the same proof for any other of these spellings', async () => {
    await using scene = await verifiedVenue();
    const response = await scene.client.fetch(`${scene.origin}/a%2Fb`, { headers: { 'x-pretend': '/a/b' } });
    expect(await response.text()).toBe('proof_htu');
  });
});

/** A venue that is protected by our verifier, under a token that `jose` made. */
async function verifiedVenue() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' } as JWK & Record<string, unknown>] };
  const issuer = 'https://as.example';
  const audience = 'https://venue.example';
  const token = await new SignJWT({ client_id: 'trader', cnf: { jkt: proofKey.jkt } })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('trader')
    .setJti('1')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
  const server = await tlsServer(async ({ method, target, rawHeaders, headers }) => {
    try {
      const access = await verifier.verify({ method, target: headers.get('x-pretend') ?? target, headers: rawHeaders });
      return { body: access.clientId, headers: access.headers };
    } catch (thrown) {
      const {
        code,
        status,
        headers: answer,
      } = thrown as { code: string; status: number; headers: Record<string, string> };
      return { status, headers: answer, body: code };
    }
  });
  const verifier = createVerifier({ issuer, audience, origin: server.origin, jwks });
  const scripted = await scriptedIssuer({ token: () => granted({ access_token: token }) });
  return {
    origin: server.origin,
    client: dpopClient({ issuer: scripted.issuer }),
    async [Symbol.asyncDispose]() {
      await Promise.all([server[Symbol.asyncDispose](), scripted[Symbol.asyncDispose]()]);
    },
  };
}

describe('a signed request', () => {
  it.each(['?', '#', '?#', '#?', '?#x'])('is signed by the URL that is sent, of one that ends in %s', async (end) => {
    await using venue = await signingVenue();
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 1, price: '50.00' }),
    };
    expect((await venue.client.fetch(`${venue.origin}/orders${end}`, init)).status).toBe(201);
  });
});
