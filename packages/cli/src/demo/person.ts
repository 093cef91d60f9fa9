import { type Dispatcher, request } from 'undici';

/** What a person does with the pages of an issuer, in a browser without script. */
export interface Person {
  /** Logs in and decides. Returns where the browser is sent with the answer. */
  decide(authorizationUrl: string, decision: 'approve' | 'deny'): Promise<URL>;
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

export function createPerson({ login, password }: Credentials, dispatcher: Dispatcher): Person {
  return {
    async decide(authorizationUrl, decision) {
      const browser = createBrowser(dispatcher);
      const { location: page = '' } = await browser.get(authorizationUrl);
      await browser.submit(page, { login, password });
      const { location } = await browser.submit(page, { decision });
      return new URL(location ?? '');
    },
  };
}

interface Visited {
  readonly location: string | undefined;
  readonly text: string;
}

/** Keeps cookies, follows nothing by itself, and sends the hidden field of a form along. */
function createBrowser(dispatcher: Dispatcher) {
  const cookies = new Map<string, string>();

  async function visit(url: string, form?: Record<string, string>): Promise<Visited> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const { headers, body } = await request(url, {
      dispatcher,
      method: form === undefined ? 'GET' : 'POST',
      headers: { ...sent, ...(cookie === '' ? {} : { cookie }) },
      body: form === undefined ? null : new URLSearchParams(form).toString(),
    });
    for (const each of [headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = (each.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    const { location } = headers;
    return { location: typeof location === 'string' ? location : undefined, text: await body.text() };
  }

  return {
    get: (url: string) => visit(url),
    async submit(page: string, fields: Record<string, string>): Promise<Visited> {
      const { text } = await visit(page);
      const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
      return await visit(page, { csrf, ...fields });
    },
  };
}
