import type { PeerFetch } from './peer-client.ts';

/** Somebody with a browser that runs no script, who knows the pages of our issuer. */
export interface Visitor {
  readonly fetch: PeerFetch;
  readonly login: string;
  readonly password: string;
}

/** Logs in and decides: from the URL to which a client sends a browser to the URL of the answer. */
export async function decide(
  { fetch, login, password }: Visitor,
  authorizationUrl: string | URL,
  decision: 'approve' | 'deny' = 'approve',
): Promise<URL> {
  const go = browser(fetch);
  const opened = await go(String(authorizationUrl));
  const page = opened.headers.get('location') ?? '';
  const csrf = async () => /name="csrf" value="([^"]+)"/.exec(await (await go(page)).text())?.[1] ?? '';
  await go(page, { csrf: await csrf(), login, password });
  const decided = await go(page, { csrf: await csrf(), decision });
  return new URL(decided.headers.get('location') ?? '');
}

/** Keeps cookies for one visit, and follows nothing by itself. */
export function browser(fetch: PeerFetch): (url: string, form?: Record<string, string>) => Promise<Response> {
  const cookies = new Map<string, string>();
  return async (url, form) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      method: form === undefined ? 'GET' : 'POST',
      headers: { cookie, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    for (const each of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (each.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    return response;
  };
}
