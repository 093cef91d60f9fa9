import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsentPage, consentPage } from '../../packages/issuer/src/pages/consent-page.ts';
import { describeDetails } from '../../packages/issuer/src/pages/describe-details.ts';
import { errorPage } from '../../packages/issuer/src/pages/error-page.ts';
import { type LoginPage, loginPage } from '../../packages/issuer/src/pages/login-page.ts';

const client = { name: 'Northwind Execution', redirectUri: 'https://desk.northwind.example/callback?a=b' };
const form = { action: '/interaction/1', fields: { csrf: 'token', more: '"><b>' } };

const login = (changes: Partial<LoginPage> = {}) => loginPage({ client, ...form, ...changes });
const consent = (changes: Partial<ConsentPage> = {}) =>
  consentPage({
    client,
    account: { sub: 'u-1', name: 'Ada Lovelace' },
    scopes: [{ name: 'orders:read', description: 'See orders and fills' }, { name: 'positions:read' }],
    resources: ['https://venue.example'],
    details: [],
    lasting: false,
    ...form,
    ...changes,
  });
const error = (changes: object = {}) =>
  errorPage({
    error: 'invalid_request_uri',
    description: 'The request_uri is not known',
    code: 'request_uri_unknown',
    ...changes,
  });

const orders = describeDetails(
  { title: 'Place orders', resource: 'https://venue.example', labels: { sides: 'Sides', most: 'At most per order' } },
  { type: 'order_entry', most: { amount: '1000000.00', currency: 'USD' }, sides: ['buy', 'sell'] },
);

/** What a person reads: no tags, single spaces. */
const read = (page: string) =>
  page
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replace(/\s+/g, ' ');

/** Start tags with their attributes, as they stand in the page. */
function tags(page: string): { name: string; attributes: Record<string, string> }[] {
  return [...page.matchAll(/<([a-z0-9]+)((?: [a-z-]+(?:="[^"]*")?)*)>/g)].map(([, name = '', rest = '']) => ({
    name,
    attributes: Object.fromEntries(
      [...rest.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)].map(([, key, value = '']) => [key, value]),
    ),
  }));
}

const byId = (page: string, id: string) => tags(page).find(({ attributes }) => attributes['id'] === id);

const pages = {
  login: login(),
  wrong: login({ problem: 'No.' }),
  consent: consent({ details: [orders] }),
  error: error(),
};

describe.each(Object.entries(pages))('the %s page', (_name, page) => {
  it('is one document with a language, a title, one heading of the first level and a viewport', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toMatch(/<title>[^<]+<\/title>/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(tags(page).filter(({ name }) => name === 'main')).toHaveLength(1);
  });

  it('has no script, no handler, no style attribute, no link to follow and nothing from elsewhere', () => {
    const names = new Set(tags(page).map(({ name }) => name));
    for (const name of ['script', 'a', 'img', 'iframe', 'object', 'base', 'style']) expect(names).not.toContain(name);
    const attributes = tags(page).flatMap((tag) => Object.keys(tag.attributes));
    expect(attributes.filter((name) => /^on|^style$|^src/.test(name))).toEqual([]);
    const hrefs = tags(page).flatMap(({ attributes }) => attributes['href'] ?? []);
    expect(hrefs).toEqual([expect.stringMatching(/^style\.css\?v=[\w-]{12}$/)]);
  });

  it('closes what it opens, and gives no id twice', () => {
    const open: string[] = [];
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
      if (['meta', 'link', 'input'].includes(name)) continue;
      if (slash === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
    const ids = tags(page).flatMap(({ attributes }) => attributes['id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the login page', () => {
  it('asks for a name and a password by labelled fields that password managers know', () => {
    expect(byId(pages.login, 'login')?.attributes).toMatchObject({
      name: 'login',
      autocomplete: 'username',
      required: '',
    });
    expect(byId(pages.login, 'password')?.attributes).toMatchObject({
      name: 'password',
      type: 'password',
      autocomplete: 'current-password',
    });
    const labelled = tags(pages.login).flatMap(({ attributes }) => attributes['for'] ?? []);
    expect(labelled).toEqual(['login', 'password']);
    expect(pages.login).toContain('<form method="post" action="/interaction/1">');
    expect(tags(pages.login).filter(({ attributes }) => attributes['type'] === 'hidden')).toEqual([
      { name: 'input', attributes: { type: 'hidden', name: 'csrf', value: 'token' } },
      { name: 'input', attributes: { type: 'hidden', name: 'more', value: '&quot;&gt;&lt;b&gt;' } },
    ]);
  });

  it('C027 can be left without a name, by the second button: Enter presses the first', () => {
    const buttons = tags(pages.login).filter(({ name }) => name === 'button');
    expect(buttons.map(({ attributes }) => attributes['id'])).toEqual(['submit-login', 'deny']);
    expect(buttons[1]?.attributes).toMatchObject({ name: 'decision', value: 'deny', formnovalidate: '' });
  });

  it('says what was wrong in words that the fields refer to, and keeps the name', () => {
    const page = login({ problem: 'The name or the password is wrong.', login: 'ada' });
    expect(byId(page, 'oauth-error')?.attributes).toMatchObject({ role: 'alert' });
    for (const id of ['login', 'password']) {
      expect(byId(page, id)?.attributes).toMatchObject({ 'aria-describedby': 'oauth-error', 'aria-invalid': 'true' });
    }
    expect([byId(page, 'login')?.attributes['value'], byId(page, 'password')?.attributes['value']]).toEqual([
      'ada',
      undefined,
    ]);
    expect(byId(page, 'password')?.attributes).toHaveProperty('autofocus');
    expect(byId(page, 'login')?.attributes).not.toHaveProperty('autofocus');
    expect(byId(pages.login, 'oauth-error')).toBeUndefined();
  });

  it('FAPI2-5.3.2.2-13 names the client and where the answer goes', () => {
    expect(read(pages.login)).toMatch(/continue to Northwind Execution .* go back to desk\.northwind\.example ?\./);
  });
});

describe('the consent page', () => {
  it('FAPI2-5.3.2.2-13 tells who asks, for whom, for what, with which limits, where and for how long', () => {
    const text = read(
      consent({
        details: [orders],
        lasting: true,
        expires: 1_798_000_000,
        client: { ...client, uri: 'https://northwind.example' },
      }),
    );
    for (const part of [
      'Allow Northwind Execution ?',
      'act for you, Ada Lovelace .',
      'Place orders at https://venue.example Sides buy, sell At most per order 1,000,000.00 USD',
      'It may also See orders and fills orders:read positions:read',
      'Good at https://venue.example',
      'How long Until 2026\u201112\u201123 04:26 UTC, also while you are away'.replace(/\s/g, ' '),
      'Answer goes to desk.northwind.example',
      'Its site, it says https://northwind.example',
    ]) {
      expect(text).toContain(part);
    }
    expect(read(consent())).toContain('How long This once; after some minutes it has to ask again');
    expect(read(consent())).toContain('It may See orders');
    expect(read(consent({ account: { sub: 'u-1' } }))).toContain('act for you, u-1 .');
  });

  it('RAR-3.1-01 shows scope and authorization_details on one page, above one decision', () => {
    const [details, scopes, buttons] = ['Place orders', 'orders:read', 'id="approve"'].map((part) =>
      pages.consent.indexOf(part),
    );
    expect([details, scopes, buttons]).toEqual(
      [details, scopes, buttons].toSorted((one = 0, other = 0) => one - other),
    );
    expect(Math.min(details ?? -1, scopes ?? -1, buttons ?? -1)).toBeGreaterThan(0);
  });

  it('C027 has a button to approve and one to deny', () => {
    const buttons = tags(pages.consent).filter(({ name }) => name === 'button');
    expect(buttons.map(({ attributes }) => [attributes['id'], attributes['name'], attributes['value']])).toEqual([
      ['approve', 'decision', 'approve'],
      ['deny', 'decision', 'deny'],
    ]);
  });

  it('RAR-12-02 warns when not all of a request could be shown', () => {
    const cut = { title: 'T', resource: 'https://venue.example', rows: [{ label: 'a', value: 'b', isCut: true }] };
    expect(read(consent({ details: [orders, cut] }))).toContain('too long to be shown');
    expect(read(pages.consent)).not.toContain('too long to be shown');
  });

  it('FAPI2-5.3.2.2-13 shows hosts in ASCII, where no look-alike passes for another', () => {
    const at = (redirectUri: string) => read(consent({ client: { ...client, redirectUri } }));
    expect(at('https://n\u043Erthwind.example/cb')).toContain('Answer goes to xn--nrthwind-nbh.example');
    expect(at('http://127.0.0.1:8080/cb')).toContain('Answer goes to 127.0.0.1:8080');
  });
});

describe('the error page', () => {
  it('holds the OAuth error by itself, our code, and words; and says whose fault it is', () => {
    expect(pages.error).toContain('<code id="oauth-error">invalid_request_uri</code>');
    expect(read(pages.error)).toContain('The request_uri is not known. invalid_request_uri request_uri_unknown');
    expect(tags(pages.error).some(({ attributes }) => attributes['role'] === 'alert')).toBe(true);
    expect(read(pages.error)).not.toContain('on our side');
    for (const each of ['server_error', 'temporarily_unavailable'])
      expect(read(error({ error: each }))).toContain('on our side');
  });

  it('FAPI2-5.3.2.1-07 has no link and no form, so that nothing leads away from it', () => {
    expect(pages.error).not.toMatch(/<form|<a\b|http-equiv|https?:/);
  });
});

describe('whatever a client calls itself', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', 'script', ' onload=', '\u202E', '\0', '=', '`') }),
  );
  const skeleton = (page: string) =>
    page
      .match(/<[^>]*>/g)
      ?.map((tag) => tag.replace(/"[^"]*"/g, '""'))
      .join('');

  it('RAR-12-02 it is seen as it is, and cut where it is long', () => {
    const named = { ...client, name: `Bank\u202E${'x'.repeat(100)}` };
    for (const page of [login({ client: named }), consent({ client: named })]) {
      expect(read(page)).toContain(`Bank⟨U+202E⟩${'x'.repeat(75)}… (25 more characters)`);
    }
    expect(read(consent({ account: { sub: 'u-1', name: 'Ada\u200B' } }))).toContain('Ada⟨U+200B⟩');
  });

  it('RAR-12-02 it adds no tag and no attribute to a page', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (name, value, login_, label) => {
        const named = { ...client, name, uri: value };
        const fields = { csrf: value };
        expect(skeleton(login({ client: named, login: login_, fields }))).toBe(
          skeleton(login({ login: '', fields: { csrf: '' } })),
        );
        const details = [{ title: label, resource: value, rows: [{ label, value }] }];
        const plain = [{ title: '', resource: '', rows: [{ label: '', value: '' }] }];
        const asked = { fields: { csrf: '' }, resources: [''], scopes: [{ name: '', description: '' }] };
        expect(
          skeleton(
            consent({
              ...asked,
              client: named,
              account: { sub: name, name: value },
              details,
              resources: [value],
              scopes: [{ name, description: label }],
            }),
          ),
        ).toBe(skeleton(consent({ ...asked, client: { ...client, uri: '' }, details: plain })));
        expect(skeleton(error({ error: name, description: value, code: label }))).toBe(skeleton(pages.error));
      }),
      { numRuns: 500 },
    );
  });
});
