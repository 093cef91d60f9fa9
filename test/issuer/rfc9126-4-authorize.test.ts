import { describe, expect, it } from 'vitest';
import { ISSUER, NOW } from './forge.ts';
import { type Answer, browser, CALLBACK, createPeople, type People } from './people.ts';

/** That a person sees why, and the browser is sent nowhere and keeps nothing. */
function expectErrorPage({ status, headers, text, refusal }: Answer, error: string, code: string): void {
  expect({ error: refusal?.error, code: refusal?.code }).toEqual({ error, code });
  expect(status).toBe(400);
  expect(text).toContain(`<code id="oauth-error">${error}</code>`);
  expect(headers).toMatchObject({ 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  expect(headers).not.toHaveProperty('Location');
  expect(headers).not.toHaveProperty('Set-Cookie');
}

const ask = (people: People, parameters: Record<string, string>, its = browser()) =>
  people.browse(its, `/authorize?${new URLSearchParams(parameters)}`);

const EVIL = 'https://evil.example/swordfish';

describe('RFC 9126 §4 the front door', async () => {
  const people = await createPeople();

  it('C023 needs client_id and request_uri alone', async () => {
    const opened = await ask(people, { client_id: 'trader', request_uri: await people.pushed() });
    expect(opened.status).toBe(303);
    expect(opened.headers['Location']).toMatch(new RegExp(`^${ISSUER}/interaction/[A-Za-z0-9_-]{22}$`));
  });

  it('FAPI2-5.3.2.2-03 PAR-4-05 C022 shows an error for a request that was not pushed', async () => {
    const whole = {
      client_id: 'trader',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'orders:read',
      state: 'a',
    };
    for (const parameters of [
      {},
      { client_id: 'trader' },
      whole,
      { ...whole, redirect_uri: EVIL },
      { ...whole, request: 'eyJhbGciOiJub25lIn0.e30.' },
      { client_id: 'trader', request_uri: '' },
      { request_uri: await people.pushed() },
    ]) {
      expectErrorPage(await ask(people, parameters), 'invalid_request', 'request_uri_missing');
    }
  });

  it('FAPI2-5.3.2.1-07 BCP-2.1-02 C024 sends nobody anywhere for an unknown client', async () => {
    for (const clientId of ['nobody', 'Trader', 'trader ', '__proto__']) {
      const parameters = { client_id: clientId, request_uri: await people.pushed(), redirect_uri: EVIL };
      expectErrorPage(await ask(people, parameters), 'invalid_client', 'client_unknown');
    }
  });

  it('PAR-2.2-03 C024 does not take the request_uri of another client, which is still good for its own', async () => {
    const requestUri = await people.pushed();
    const foreign = await ask(people, { client_id: 'rival', request_uri: requestUri, redirect_uri: EVIL });
    expectErrorPage(foreign, 'invalid_request_uri', 'request_uri_client');
    await people.open(browser(), requestUri);
  });

  it('FAPI2-5.3.2.1-07 C024 does not take a request_uri that it never gave', async () => {
    const known = await people.pushed();
    for (const requestUri of [
      ...[
        known.slice(0, -1),
        `${known}A`,
        known.toUpperCase(),
        ` ${known}`,
        `${known}\n`,
        known.replace('urn:', 'URN:'),
      ],
      ...[`urn:ietf:params:oauth:request_uri:${'A'.repeat(43)}`, EVIL, 'http://127.0.0.1/', 'file:///etc/passwd', 'a'],
    ]) {
      const answer = await ask(people, { client_id: 'trader', request_uri: requestUri, redirect_uri: EVIL });
      expectErrorPage(answer, 'invalid_request_uri', 'request_uri_unknown');
    }
  });

  it('BCP-2.1-02 C024 tells nothing of the request on the error page', async () => {
    const { text } = await ask(people, {
      client_id: 'tuna',
      request_uri: EVIL,
      redirect_uri: EVIL,
      state: 'swordfish',
    });
    for (const value of ['tuna', 'swordfish', 'evil.example', 'href="http']) expect(text).not.toContain(value);
  });

  it.each(['state=a&state=b', 'client_id=trader', 'request_uri=a', 'a=%', 'a=b=c', 'a&a'])(
    'RFC 6749 §3.1 refuses a query with %s at its end',
    async (more) => {
      const query = new URLSearchParams({ client_id: 'trader', request_uri: await people.pushed() });
      const answer = await people.browse(browser(), `/authorize?${query}&${more}`);
      expectErrorPage(answer, 'invalid_request', 'form_malformed');
    },
  );

  it('is not opened twice by one browser with one cookie: each opening has its own', async () => {
    const [its, requestUri] = [browser(), await people.pushed()];
    const paths = [await people.open(its, requestUri), await people.open(its, requestUri)];
    expect(new Set(paths).size).toBe(2);
    expect(its.cookies.size).toBe(2);
  });
});

describe('RFC 9101 §5 what stands in the URL beside the reference counts for nothing', async () => {
  const people = await createPeople();
  const extras = {
    ...{ state: 'another', nonce: 'another', scope: 'orders:read openid', redirect_uri: EVIL, response_type: 'token' },
    ...{ response_mode: 'fragment', prompt: 'none', code_challenge: 'b'.repeat(43), dpop_jkt: 'c'.repeat(43) },
    ...{ resource: 'https://elsewhere.example', login_hint: 'mallory', request: 'a.b.c', iss: EVIL },
  };

  it.each([
    ['after it', (own: object) => ({ ...own, ...extras })],
    ['before it', (own: object) => ({ ...extras, ...own })],
  ])('C023 %s', async (_name, put) => {
    const [its, requestUri] = [browser(), await people.pushed()];
    const opened = await ask(
      people,
      put({ client_id: 'trader', request_uri: requestUri }) as Record<string, string>,
      its,
    );
    const path = new URL(opened.headers['Location'] ?? '').pathname;
    expect((await people.browse(its, path)).text).not.toContain('mallory');
    await people.logIn(its, path);
    const { text } = await people.browse(its, path);
    expect(text).toContain('orders:write');
    for (const value of ['evil', 'openid', 'elsewhere']) expect(text).not.toContain(value);
    const { headers } = await people.decide(its, path, 'approve');
    const location = new URL(headers['Location'] ?? '');
    expect(`${location.origin}${location.pathname}`).toBe('https://desk.example/callback');
    expect(location.hash).toBe('');
    expect(location.searchParams.get('state')).toBe('a state');
    const { body } = await people.redeem(location.searchParams.get('code') ?? '');
    expect(body).toMatchObject({ token_type: 'DPoP', scope: 'orders:read orders:write' });
    expect(body).not.toHaveProperty('id_token');
  });

  it('C023 a state that stands in the URL alone is not used', async () => {
    const its = browser();
    const own = { client_id: 'trader', request_uri: await people.pushed({ state: undefined }) };
    const path = new URL((await ask(people, { ...own, state: 'outside' }, its)).headers['Location'] ?? '').pathname;
    await people.logIn(its, path);
    const { headers } = await people.decide(its, path, 'approve');
    expect(new URL(headers['Location'] ?? '').searchParams.has('state')).toBe(false);
  });
});

describe('PAR-4-02 RFC 9126 §7.3 a request_uri serves until its request is answered', () => {
  it('C025 its page may be opened again before that, in this browser and in another', async () => {
    const people = await createPeople();
    const [its, requestUri] = [browser(), await people.pushed()];
    await people.open(its, requestUri);
    await people.open(browser(), requestUri);
    const path = await people.open(its, requestUri);
    await people.logIn(its, path);
    const { headers } = await people.decide(its, path, 'approve');
    expect(new URL(headers['Location'] ?? '').searchParams.get('code')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it.each(['approve', 'deny'] as const)('C025 after %s it is refused', async (decision) => {
    const people = await createPeople();
    const [its, requestUri] = [browser(), await people.pushed()];
    const path = await people.open(its, requestUri);
    await people.logIn(its, path);
    await people.decide(its, path, decision);
    for (const who of [its, browser()]) {
      const answer = await ask(people, { client_id: 'trader', request_uri: requestUri }, who);
      expectErrorPage(answer, 'invalid_request_uri', 'request_uri_used');
    }
  });

  it('C025 after it was answered without anybody being asked it is refused', async () => {
    const people = await createPeople();
    const parameters = { client_id: 'trader', request_uri: await people.pushed({ prompt: 'none' }) };
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(people, parameters)));
    const [redirected, another] = answers.filter(({ status }) => status === 303);
    expect(redirected?.headers['Location']).toContain('error=login_required');
    expect(another).toBeUndefined();
    expectErrorPage(await ask(people, parameters), 'invalid_request_uri', 'request_uri_used');
  });
});

describe('PAR-4-03 RFC 9126 §2.2 a request_uri expires', () => {
  it.each([90, 5, 599])('C024 after the %d seconds that were promised, and not before', async (lifetime) => {
    const people = await createPeople({ pushed_request_lifetime: lifetime });
    const requestUri = await people.pushed();
    people.now = NOW + lifetime - 1;
    await people.open(browser(), requestUri);
    people.now = NOW + lifetime;
    const answer = await ask(people, { client_id: 'trader', request_uri: requestUri });
    expectErrorPage(answer, 'invalid_request_uri', 'request_uri_unknown');
  });

  it('whoever opened it at the last second still has the time of everybody', async () => {
    const people = await createPeople({ interaction_lifetime: 60 });
    const [its, requestUri] = [browser(), await people.pushed()];
    people.now = NOW + 89;
    const path = await people.open(its, requestUri);
    people.now = NOW + 149;
    await people.logIn(its, path);
    const { headers } = await people.decide(its, path, 'approve');
    expect((await people.redeem(new URL(headers['Location'] ?? '').searchParams.get('code') ?? '')).status).toBe(200);
  });

  it('whoever takes longer sees that the page has expired, and the client gets nothing', async () => {
    const people = await createPeople({ interaction_lifetime: 60 });
    const its = browser();
    const path = await people.open(its, await people.pushed());
    await people.logIn(its, path);
    people.now = NOW + 61;
    expectErrorPage(await people.browse(its, path), 'invalid_request', 'interaction_unknown');
    expectErrorPage(await people.browse(its, path, { decision: 'approve' }), 'invalid_request', 'interaction_unknown');
  });
});
