import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createSigner, generateKey } from '@holdfast/signer';
import { SignJWT } from 'jose';
import { Agent, type Dispatcher, request } from 'undici';
import { CALLBACK, type IssuerFolder, PASSWORD } from './issuer-folder.ts';

/** A client of a running issuer and the person who uses it. It remembers all that nobody else may know. */
export interface Desk extends AsyncDisposable {
  /** Each secret of a run by its kind, with a number. */
  readonly secrets: ReadonlyMap<string, string>;
  assertion(): Promise<string>;
  /** A request to an endpoint for clients, authenticated, and again with the nonce that is asked for. */
  send(path: string, form: Fields, assertion?: string): Promise<Answer>;
  /** client_credentials. */
  token(assertion?: string): Promise<Answer>;
  /** From the pushed request to the URL of the answer. */
  authorize(acts?: { readonly password?: string; readonly decision?: 'approve' | 'deny' }): Promise<Authorized>;
  redeem(authorized: Authorized): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Authorized {
  readonly answer: URLSearchParams;
  readonly verifier: string;
}

type Fields = Readonly<Record<string, string>>;

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export async function createDesk({ issuer, ca, clientKey }: IssuerFolder): Promise<Desk> {
  const signer = createSigner({ key: await generateKey() });
  const dispatcher = new Agent({ connect: { ca } });
  const secrets = new Map<string, string>();

  function keep(kind: string, secret: unknown): string {
    if (typeof secret === 'string' && secret !== '') secrets.set(`${kind} ${secrets.size}`, secret);
    return String(secret);
  }

  async function post(path: string, form: Fields, nonce?: string) {
    const url = issuer + path;
    const proof = await signer.proof({ method: 'POST', url, ...(nonce === undefined ? {} : { nonce }) });
    const body = new URLSearchParams(form).toString();
    // On a connection of its own: the next one may meet another process
    const headers = { ...FORM, dpop: keep('proof', proof) };
    return await request(url, { dispatcher, method: 'POST', reset: true, headers, body });
  }

  async function assertion(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'desk', sub: 'desk', aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 };
    return keep('assertion', await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(clientKey));
  }

  async function send(path: string, form: Fields, given?: string): Promise<Answer> {
    const client = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: given ?? (await assertion()),
    };
    let answered = await post(path, { ...form, ...client });
    const { 'dpop-nonce': nonce } = answered.headers;
    if (answered.statusCode === 400 && typeof nonce === 'string') {
      await answered.body.dump();
      answered = await post(path, { ...form, ...client }, nonce);
    }
    const body = JSON.parse((await answered.body.text()) || '{}') as Record<string, unknown>;
    for (const kind of ['access_token', 'refresh_token', 'id_token', 'request_uri']) keep(kind, body[kind]);
    return { status: answered.statusCode, body };
  }

  const desk: Desk = {
    secrets,
    assertion,
    send,
    token: (given) => send('/token', { grant_type: 'client_credentials', scope: 'orders:read' }, given),
    async authorize(acts) {
      const verifier = keep('verifier', randomBytes(32).toString('base64url'));
      const { body } = await send('/par', {
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid offline_access orders:read',
        state: keep('state', randomUUID()),
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      const query = new URLSearchParams({ client_id: 'desk', request_uri: String(body['request_uri']) });
      const answer = await visit(`${issuer}/authorize?${query}`, { dispatcher, keep, ...acts });
      keep('code', answer.get('code'));
      return { answer, verifier };
    },
    redeem: ({ answer, verifier }) =>
      send('/token', {
        grant_type: 'authorization_code',
        code: answer.get('code') ?? '',
        redirect_uri: CALLBACK,
        code_verifier: verifier,
      }),
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
  return desk;
}

interface Visit {
  readonly dispatcher: Dispatcher;
  readonly keep: (kind: string, secret: unknown) => string;
  readonly password?: string;
  readonly decision?: 'approve' | 'deny';
}

/** What a browser does with the cookies of one visit: logs in as anna, and decides. The parameters of the answer. */
async function visit(url: string, { dispatcher, keep, password = PASSWORD, decision = 'approve' }: Visit) {
  const cookies = new Map<string, string>();
  keep('password', password);

  async function go(target: string, form?: Fields): Promise<{ location: string; csrf: string }> {
    const { headers, body } = await request(target, {
      dispatcher,
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form === undefined ? {} : { ...FORM, origin: new URL(url).origin }),
      },
      body: form === undefined ? null : new URLSearchParams(form).toString(),
    });
    for (const each of [headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = (each.split(';')[0] ?? '').split('=');
      cookies.set(name, keep('cookie', value));
    }
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await body.text()) ?? [];
    return { location: String(headers['location'] ?? ''), csrf: keep('csrf', csrf) };
  }

  const { location: page } = await go(url);
  await go(page, { csrf: (await go(page)).csrf, login: 'anna', password });
  const { location } = await go(page, { csrf: (await go(page)).csrf, decision });
  return URL.canParse(location) ? new URL(location).searchParams : new URLSearchParams();
}
