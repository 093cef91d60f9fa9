import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assertion, ISSUER } from './forge.ts';
import { codeOf, expectPage } from './interaction-scene.ts';
import { browser, CALLBACK, createPeople, csrfOf, DESK, PASSWORD, type People } from './people.ts';
import { fields, INITIAL } from './registration-scene.ts';
import { expectToken } from './scene.ts';

/** A client that registered itself, and can change while a person decides. */
interface Registered {
  readonly people: People;
  readonly clientId: string;
  /** By its key, now. */
  sign(): { readonly assertion: string };
  manage(method: 'PUT' | 'DELETE', changes?: object): Promise<void>;
}

async function registered(): Promise<Registered> {
  const scope = 'orders:read orders:write';
  const registration = { initial_access_token_hashes: [hash('sha256', INITIAL, 'base64url')], scope };
  const people = await createPeople({ registration });
  const { client_id: _id, client_name: _name, authorization_details_types: _types, ...desk } = DESK;
  const send = async (method: string, target: string, token: string, body?: object) => {
    const { registration: endpoint } = people.issuer;
    const line = target === '/register' ? endpoint?.register : endpoint?.manage;
    const request = {
      method,
      target,
      origin: ISSUER,
      headers: fields(token),
      body: body === undefined ? '' : JSON.stringify(body),
    };
    const reply = await line?.(request);
    expect(reply?.status).toBeLessThan(300);
    return reply?.body === '' ? {} : JSON.parse(reply?.body ?? '');
  };
  const metadata = { ...desk, scope };
  const {
    client_id: clientId,
    registration_access_token: token,
    registration_client_uri: url,
  } = await send('POST', '/register', INITIAL, metadata);
  return {
    people,
    clientId,
    sign: () => ({ assertion: assertion({ payload: { iss: clientId, sub: clientId } }) }),
    manage: (method, changes) => {
      const body = method === 'PUT' ? { ...metadata, client_id: clientId, ...changes } : undefined;
      return send(method, new URL(url).pathname, token, body);
    },
  };
}

const MOVED = { redirect_uris: ['https://desk.example/moved'] };

describe('PAR-2.1-04 BCP-2.1-02 a client that changed since it pushed its request', () => {
  it('goes all the way when nothing changed', async () => {
    const { people, clientId, sign } = await registered();
    const its = browser();
    const path = await people.open(its, await people.pushed({}, sign()), clientId);
    await people.logIn(its, path);
    expectToken(await people.redeem(codeOf(await people.decide(its, path, 'approve')), {}, sign()));
  });

  it.each([
    ['has another redirect_uri', 'PUT', MOVED, 'redirect_uri_unregistered', 400],
    ['is gone', 'DELETE', undefined, 'client_unknown', 400],
  ] as const)('%s: nobody is sent to where it was, from no page', async (_name, method, changes, code, status) => {
    const { people, clientId, sign, manage } = await registered();
    const [its, requestUri] = [browser(), await people.pushed({}, sign())];
    const path = await people.open(its, requestUri, clientId);
    await people.logIn(its, path);
    const csrf = csrfOf((await people.browse(its, path)).text);
    await manage(method, changes);
    const query = new URLSearchParams({ client_id: clientId, request_uri: requestUri, redirect_uri: CALLBACK });
    for (const answer of [
      await people.browse(browser(), `/authorize?${query}`),
      await people.browse(its, path),
      await people.browse(its, path, { csrf, login: 'anna', password: PASSWORD }),
      await people.browse(its, path, { csrf, decision: 'deny' }),
      await people.browse(its, path, { csrf, decision: 'approve' }),
    ]) {
      expect({ status: answer.status, code: answer.refusal?.code }).toEqual({ status, code });
      expect(answer.headers).not.toHaveProperty('Location');
    }
  });

  it('has another redirect_uri: nobody is sent to where it was without a page, either', async () => {
    const { people, clientId, sign, manage } = await registered();
    const requestUri = await people.pushed({ prompt: 'none' }, sign());
    await manage('PUT', MOVED);
    const query = new URLSearchParams({ client_id: clientId, request_uri: requestUri });
    expectPage(await people.browse(browser(), `/authorize?${query}`), 'redirect_uri_unregistered');
  });
});
