import { readAccounts } from '@holdfast/issuer';
import { memoryStore } from '@holdfast/stores';
import { expect } from 'vitest';
import { ASSERTION_TYPE, assertion, NOW } from '../issuer/forge.ts';
import { call, FORM, type Served, serve } from '../issuer/listeners.ts';
import { CHALLENGE, DESK, ORDER, ORDER_ENTRY } from '../issuer/people.ts';
import type { Page } from './chromium.ts';
import { openSite, type Site } from './site.ts';

export const PASSWORD = 'correct horse battery staple';

// `holdfast password`, but cheaper
const ACCOUNTS = [
  {
    username: 'anna',
    password: '$scrypt$ln=14,r=8,p=5$YSBzYWx0IG9mIDE2IG9jdA$yEXqw2zAixu6x52iEJmWvXwC6KWjM0MUNlGGo0zRWOM',
    sub: 'person-anna',
    name: 'Anna Ader',
  },
];

/** An issuer over TLS, and the site of a client that sends people to it. */
export interface Scene extends AsyncDisposable {
  /** Seconds of the issuer's clock; tests move it. */
  now: number;
  readonly served: Served;
  readonly site: Site;
  /** Where the client sends the browser for a request that it has just pushed. */
  start(parameters?: Readonly<Record<string, string>>): Promise<string>;
}

export async function createScene(client: Readonly<Record<string, unknown>> = {}): Promise<Scene> {
  const site = await openSite();
  const clock = () => scene.now * 1000;
  const redirectUri = `${site.origin}/callback?desk=7`;
  const desk = { ...DESK, redirect_uris: [redirectUri], ...client };
  const served = await serve(
    { clients: [desk], authorization_details_types: [ORDER_ENTRY], dpop_nonce: 'off' },
    '/desk',
    { clock, store: memoryStore({ clock }), login: readAccounts(ACCOUNTS, { reservedSubjects: [] }) },
  );
  const issuer = `${served.origin}/desk`;
  const scene: Scene = {
    now: NOW,
    served,
    site,
    async start(parameters = {}) {
      const asserted = assertion({ payload: { aud: issuer, iat: scene.now, exp: scene.now + 60 } });
      const pushed = {
        client_assertion: asserted,
        client_assertion_type: ASSERTION_TYPE,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'orders:read orders:write',
        state: 'a state',
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        authorization_details: JSON.stringify([ORDER]),
        ...parameters,
      };
      const body = new URLSearchParams(pushed).toString();
      const answer = await call(served.origin, { path: '/desk/par', headers: FORM, body });
      expect(answer).toMatchObject({ status: 201 });
      const query = { client_id: 'trader', request_uri: String(answer.body['request_uri']) };
      return `${issuer}/authorize?${new URLSearchParams(query)}`;
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    },
  };
  return scene;
}

/** Ends on the page that answers: whoever went on at once would still be on this one, which is about to be left. */
export async function logIn(page: Page, password = PASSWORD, name = 'anna'): Promise<void> {
  await page.fill('#login', name);
  await page.fill('#password', password);
  await Promise.all([page.waitForEvent('domcontentloaded'), page.click('#submit-login')]);
}

/** The parameters with which the client got its person back. */
export function answerOf(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

export const textOf = async (page: Page, selector = 'main') =>
  (await page.locator(selector).textContent())?.trim() ?? '';
