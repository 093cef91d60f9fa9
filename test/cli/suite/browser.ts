import type { Answer } from './answer.ts';
import { LOGIN, PASSWORD } from './operator.ts';
import type { Site } from './site.ts';

/** A browser without script, of one visit: it keeps cookies, and follows no redirect unless it is told to. */
export interface Browser {
  open(url: string): Promise<Answer>;
  /** Fills in the form of a page and presses the button with this id. */
  press(page: Page, id: string, fields?: Readonly<Record<string, string>>): Promise<Answer>;
  /** From the URL of the client to the page that asks for approval. */
  logIn(url: string): Promise<Page>;
}

export interface Page {
  readonly url: string;
  readonly text: string;
}

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];

export function browse(site: Site): Browser {
  const cookies = new Map<string, string>();

  async function go(url: string, body?: string): Promise<Answer> {
    const cookie = ['Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')];
    const form = body === undefined ? [] : [...FORM, 'Origin', new URL(url).origin];
    const headers = [...(cookies.size === 0 ? [] : cookie), ...form];
    const sent = body === undefined ? { headers } : { method: 'POST' as const, headers, body };
    const answer = await site.send(url, sent);
    for (const each of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = each.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  }

  async function follow(answer: Answer): Promise<Page> {
    const url = locationOf(answer);
    return { url, text: (await go(url)).text };
  }

  async function press(page: Page, id: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const [, action = ''] = /<form [^>]*action="([^"]+)"/.exec(page.text) ?? [];
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
    const [button = ''] = new RegExp(`<button [^>]*id="${id}"[^>]*>`).exec(page.text) ?? [];
    const [, name, value = ''] = /name="([^"]+)" value="([^"]+)"/.exec(button) ?? [];
    if (button === '') throw new Error(`there is no button ${id}`);
    const form = new URLSearchParams(hidden.map(([, each = '', its = '']) => [each, its]));
    for (const [each, its] of Object.entries(fields)) form.append(each, its);
    if (name !== undefined) form.append(name, value);
    return await go(new URL(action, page.url).href, form.toString());
  }

  return {
    open: go,
    press,
    async logIn(url) {
      const page = await follow(await go(url));
      return await follow(await press(page, 'submit-login', { login: LOGIN, password: PASSWORD }));
    },
  };
}

export function locationOf({ headers, status, text }: Answer): string {
  const { location } = headers;
  if (typeof location !== 'string') throw new Error(`no redirect: ${status} ${text.slice(0, 400)}`);
  return location;
}
