import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import { CODE, type GrantIssuer, grantIssuer, REDIRECT_URI } from './scripted-grants.ts';
import { granted } from './scripted-issuer.ts';

const plain = { redirectUri: REDIRECT_URI, scope: 'orders:read' };

/** What comes of a callback that is made of a sound one. */
async function finished(callbackOf: (url: URL, server: GrantIssuer) => string | URL, redirectUri = REDIRECT_URI) {
  await using server = await grantIssuer();
  const request = await dpopClient({ issuer: server.issuer }).authorize({ ...plain, redirectUri });
  const outcome: unknown = await request.finish(callbackOf(server.answer(), server)).catch((thrown: unknown) => thrown);
  return { outcome, tokenRequests: server.tokenRequests.length };
}

function changed(url: URL, change: (query: URLSearchParams) => void): URL {
  change(url.searchParams);
  return url;
}

describe('RFC 6749 §4.1.2, RFC 9207 §2.4: the answer that a browser brings', () => {
  it.each(['a string', 'a URL'])('C090 is taken when it is this one, as %s', async (kind) => {
    const { outcome, tokenRequests } = await finished((url) => (kind === 'a URL' ? url : url.href));
    expect(outcome).toHaveProperty('fetch');
    expect(tokenRequests).toBe(1);
  });

  const wrong: [string, string, (url: URL, server: GrantIssuer) => string | URL][] = [
    ['ISS-2.4-02 FAPI2-5.3.3.2-05 no iss', 'iss', (url) => changed(url, (query) => query.delete('iss'))],
    ['ISS-2.4-01 an empty iss', 'iss', (url) => changed(url, (query) => query.set('iss', ''))],
    [
      'ISS-2.4-01 BCP-2.1-04 the iss of another',
      'iss',
      (url) => changed(url, (query) => query.set('iss', 'https://evil.example')),
    ],
    [
      'ISS-2.4-01 a slash more in iss',
      'iss',
      (url, { issuer }) => changed(url, (query) => query.set('iss', `${issuer}/`)),
    ],
    [
      'ISS-2.4-01 iss in upper case',
      'iss',
      (url, { issuer }) => changed(url, (query) => query.set('iss', issuer.toUpperCase())),
    ],
    [
      'ISS-2.4-01 iss encoded twice',
      'iss',
      (url, { issuer }) => changed(url, (query) => query.set('iss', encodeURIComponent(issuer))),
    ],
    [
      'ISS-4-02 iss twice',
      'a repeated parameter',
      (url) => changed(url, (query) => query.append('iss', 'https://evil.example')),
    ],
    ['BCP-2.1-03 no state', 'state', (url) => changed(url, (query) => query.delete('state'))],
    ['BCP-2.1-03 another state', 'state', (url) => changed(url, (query) => query.set('state', 'x'.repeat(22)))],
    [
      'BCP-2.1-03 a state that begins well',
      'state',
      (url) => changed(url, (query) => query.set('state', `${query.get('state')}x`)),
    ],
    [
      'state twice',
      'a repeated parameter',
      (url) => changed(url, (query) => query.append('state', query.get('state') ?? '')),
    ],
    ['code twice', 'a repeated parameter', (url) => changed(url, (query) => query.append('code', 'injected'))],
    [
      'error twice',
      'a repeated parameter',
      (url) =>
        changed(url, (query) => {
          query.append('error', 'access_denied');
          query.append('error', 'access_denied');
        }),
    ],
    ['something unknown twice', 'a repeated parameter', (url) => `${url}&extra=1&extra=2`],
    ['no code', 'code', (url) => changed(url, (query) => query.delete('code'))],
    ['an empty code', 'code', (url) => changed(url, (query) => query.set('code', ''))],
    ['a code with a line break', 'code', (url) => changed(url, (query) => query.set('code', 'a\nb'))],
    ['a code of 3 kB', 'code', (url) => changed(url, (query) => query.set('code', 'x'.repeat(3000)))],
    ['a signed answer that was not asked for', 'iss', (url) => `${url.origin}${url.pathname}?response=a.b.c`],
    ['everything in the fragment', 'iss', (url) => url.href.replace('?', '#')],
    ['another host', 'redirect_uri', (url) => url.href.replace('desk.', 'evil.')],
    ['another port', 'redirect_uri', (url) => url.href.replace('.example', '.example:444')],
    ['another scheme', 'redirect_uri', (url) => url.href.replace('https', 'http')],
    ['another path', 'redirect_uri', (url) => url.href.replace('callback', 'callback/')],
    ['a path alone', 'not a URL', (url) => `${url.pathname}${url.search}`],
    ['nothing', 'not a URL', () => ''],
    ['far too much', 'not a URL', (url) => `${url}&extra=${'x'.repeat(20_000)}`],
  ];
  it.each(wrong)('C090 %s: stops, and asks for no token', async (_, detail, callbackOf) => {
    const { outcome, tokenRequests } = await finished(callbackOf);
    expect(outcome).toMatchObject({ code: 'authorization_response', detail });
    expect(tokenRequests).toBe(0);
  });

  it('C090 BCP-2.1-04 of one issuer is not taken for that of another one', async () => {
    await using ours = await grantIssuer();
    await using evil = await grantIssuer();
    const [request, other] = await Promise.all(
      [ours, evil].map(({ issuer }) => dpopClient({ issuer }).authorize(plain)),
    );
    await expect(request?.finish(evil.answer())).rejects.toMatchObject({ detail: 'iss' });
    await expect(other?.finish(ours.answer())).rejects.toMatchObject({ detail: 'iss' });
    expect([ours, evil].map(({ tokenRequests }) => tokenRequests.length)).toEqual([0, 0]);
  });

  it('C090 BCP-2.1-03 of one person is not taken for that of another one', async () => {
    await using server = await grantIssuer();
    const client = dpopClient({ issuer: server.issuer });
    const anna = await client.authorize(plain);
    const toAnna = server.answer();
    const ben = await client.authorize(plain);
    await expect(ben.finish(toAnna)).rejects.toMatchObject({ detail: 'state' });
    await expect(anna.finish(server.answer())).rejects.toMatchObject({ detail: 'state' });
    expect(server.tokenRequests).toHaveLength(0);
    await anna.finish(toAnna);
  });
});

it('C090 asks for no token whatever a stranger makes of a callback', async () => {
  await using server = await grantIssuer();
  const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
  const state = server.pushes[0]?.form.get('state') ?? '';
  const value = fc.oneof(fc.constantFrom(state, server.issuer, CODE, `${server.issuer}/`, ''), fc.string());
  const parameter = fc.tuple(fc.constantFrom('code', 'state', 'iss', 'error', 'response', 'extra'), value);
  const parameters = fc.array(parameter, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(parameters, fc.constantFrom('?', '#', '&', '/?'), async (pairs, separator) => {
      const query = new URLSearchParams(pairs);
      fc.pre(query.get('iss') !== server.issuer || query.get('state') !== state); // those are not a stranger's
      const refused = request.finish(`${REDIRECT_URI}${separator}${query}`);
      await expect(refused).rejects.toMatchObject({ code: 'authorization_response' });
    }),
    { numRuns: 300 },
  );
  expect(server.tokenRequests).toHaveLength(0);
  await request.finish(server.answer());
});

describe('a redirect_uri', () => {
  const withQuery = `${REDIRECT_URI}?desk=7&tag=a&tag=b`;
  const to = (base: string) => (url: URL) => `${base}&${url.searchParams}`;

  it('keeps a query of its own, as FAPI clients are tested with', async () => {
    expect((await finished(to(withQuery), withQuery)).tokenRequests).toBe(1);
  });

  it.each([
    ['lacks it', `${REDIRECT_URI}?other=1`],
    ['changes it', `${REDIRECT_URI}?desk=8&tag=a&tag=b`],
    ['doubles it', `${withQuery}&desk=7`],
    ['has half of it', `${REDIRECT_URI}?desk=7&tag=a`],
  ])('C090 stops a callback that %s', async (_, base) => {
    const { outcome, tokenRequests } = await finished(to(base), withQuery);
    expect(outcome).toMatchObject({ code: 'authorization_response', detail: 'redirect_uri' });
    expect(tokenRequests).toBe(0);
  });

  it('C090 of an app is its scheme as well', async () => {
    const own = 'com.example.desk:/callback';
    expect((await finished((url) => `${own}${url.search}`, own)).tokenRequests).toBe(1);
    expect((await finished((url) => `com.example.evil:/callback${url.search}`, own)).tokenRequests).toBe(0);
  });
});

describe('RFC 6749 §4.1.2.1: an error', () => {
  const error = (server: GrantIssuer, changes: object) =>
    server.answer({ code: undefined, error: 'access_denied', ...changes });

  it.each([
    ['access_denied', 'access_denied'],
    ['SOMETHING <script>', 'an unknown error'],
    ['', 'an unknown error'],
  ])('C090 %j ends the request, without a token call', async (code, detail) => {
    const { outcome, tokenRequests } = await finished((_, server) =>
      error(server, { error: code, error_description: 'SECRET' }),
    );
    expect(outcome).toMatchObject({ code: 'authorization_refused', detail });
    expect(inspect(outcome, { depth: 10 })).not.toContain('SECRET');
    expect(tokenRequests).toBe(0);
  });

  it('C090 beside a code is an error all the same', async () => {
    const { outcome, tokenRequests } = await finished((_, server) => error(server, { code: CODE }));
    expect(outcome).toMatchObject({ code: 'authorization_refused' });
    expect(tokenRequests).toBe(0);
  });

  it.each([
    ['iss', { iss: 'https://evil.example' }],
    ['iss', { iss: undefined }],
    ['state', { state: 'x' }],
  ])('C090 ISS-2.4-04 with a wrong %s is nobody’s error: the request is still open', async (detail, changes) => {
    await using server = await grantIssuer();
    const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
    await expect(request.finish(error(server, changes))).rejects.toMatchObject({
      code: 'authorization_response',
      detail,
    });
    expect(server.tokenRequests).toHaveLength(0);
    await request.finish(server.answer());
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('C090 is heard also when the keys for an ID token cannot be had', async () => {
    await using server = await grantIssuer({ jwks: () => ({ status: 503 }) });
    const request = await dpopClient({ issuer: server.issuer }).authorize({ ...plain, scope: 'openid' });
    await expect(request.finish(error(server, {}))).rejects.toMatchObject({ detail: 'access_denied' });
  });

  it('C090 is the end: a code that comes after it is not redeemed', async () => {
    await using server = await grantIssuer();
    const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
    await expect(request.finish(error(server, {}))).rejects.toMatchObject({ detail: 'access_denied' });
    await expect(request.finish(server.answer())).rejects.toMatchObject({ detail: 'finished before' });
    expect(server.tokenRequests).toHaveLength(0);
  });
});

describe('RFC 9700 §2.1: a code is redeemed once', () => {
  it.each(['one after the other', 'at once'])('C090 whoever brings it twice, %s', async (when) => {
    await using server = await grantIssuer();
    const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
    const finish = () => request.finish(server.answer());
    const results =
      when === 'at once'
        ? await Promise.allSettled([finish(), finish(), finish()])
        : [...(await Promise.allSettled([finish()])), ...(await Promise.allSettled([finish()]))];
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'authorization_response', detail: 'finished before' } });
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('C090 also when the issuer refused it, or the answer was lost', async () => {
    await using server = await grantIssuer({
      token(_request, nth, response) {
        if (nth === 1) return { status: 400, body: { error: 'invalid_grant' } };
        response.socket?.destroy();
        return undefined;
      },
    });
    const client = dpopClient({ issuer: server.issuer });
    for (const expected of [{ detail: 'invalid_grant' }, { message: 'fetch failed' }]) {
      const request = await client.authorize(plain);
      const first: unknown = await request.finish(server.answer()).catch((thrown: unknown) => thrown);
      expect(first).toMatchObject(expected);
      expect(inspect(first, { depth: 10, showHidden: true })).not.toContain(CODE);
      await expect(request.finish(server.answer())).rejects.toMatchObject({ detail: 'finished before' });
    }
    expect(server.tokenRequests).toHaveLength(2);
  });
});

describe('what an error tells of a callback', () => {
  it.each([
    ['a wrong iss', { iss: 'https://evil.example' }],
    ['a wrong state', { state: 'wrong' }],
    ['an error beside the code', { error: 'server_error' }],
    ['a code that is too long', { code: CODE + 'x'.repeat(3000) }],
  ])('C090 with %s holds no code, state or verifier', async (_, changes) => {
    await using server = await grantIssuer({ token: () => granted() });
    const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
    const state = server.pushes[0]?.form.get('state') ?? '-';
    const error: unknown = await request.finish(server.answer(changes)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const told = inspect(error, { depth: 10, showHidden: true });
    expect(told).not.toContain(CODE);
    expect(told).not.toContain(state);
    expect(inspect(request, { depth: 10, showHidden: true })).not.toContain(state);
  });
});
