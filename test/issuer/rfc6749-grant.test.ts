import { describe, expect, it } from 'vitest';
import { ASSERTION_TYPE, assertion, proof, VENUE } from './forge.ts';
import { type Attempt, createScene, expectRefusal, expectToken } from './scene.ts';

const scene = await createScene();

async function send(attempt: Attempt) {
  return scene.send({ assertion: assertion(), proof: proof({ payload: { nonce: await scene.nonce() } }), ...attempt });
}

/** A sound form with this at its end. */
async function append(text: string, fresh = assertion()) {
  const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: fresh };
  return send({ body: `${new URLSearchParams(form)}${text}` });
}

describe('C036 grants', () => {
  it.each([
    ...[
      'password',
      'authorization_code',
      'refresh_token',
      'implicit',
      'token',
      'CLIENT_CREDENTIALS',
      'client-credentials',
    ],
    ...[
      'client_credentials ',
      ' client_credentials',
      'client_credentials\0',
      'client_credentials,password',
      '__proto__',
    ],
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
  ])('FAPI2-5.3.2.1-02 refuses %j', async (type) => {
    const form = {
      grant_type: type,
      username: 'a',
      password: 'b',
      code: 'c',
      refresh_token: 'd',
      assertion: assertion(),
    };
    expectRefusal(await send({ form }), 'unsupported_grant_type', 'grant_unsupported');
  });

  it.each([undefined, ''])('refuses a missing one: %j', async (type) => {
    expectRefusal(await send({ form: { grant_type: type } }), 'invalid_request', 'form_malformed');
  });

  it('C057 client_credentials is served', async () => void expectToken(await send({})));

  it('RFC 6749 §3.2 ignores parameters that it does not know', async () => {
    expectToken(
      await append('&dpop_jkt=a&code=b&redirect_uri=c&cnf=%7B%22jkt%22%3A%22x%22%7D&__proto__=d&sub=root&aud=e'),
    );
  });
});

describe('RFC 6749 §3.3 scope', () => {
  it.each([
    ...[' ', '  ', ' orders:read', 'orders:read ', 'orders:read  orders:write', 'orders:read\torders:write'],
    ...['orders:read,orders:write', '"orders:read"', 'orders:read\\', 'orders:read\n', 'orders:read\0', 'örders:read'],
    ...[
      'ORDERS:READ',
      'orders:rea',
      'orders:read*',
      '*',
      'orders:read everything',
      'orders:read positions:read',
      'openid',
    ],
  ])('C057 refuses %j', async (scope) =>
    expectRefusal(await send({ form: { scope } }), 'invalid_scope', 'scope_invalid'),
  );

  it('an empty one counts as none', async () => {
    expect((await send({ form: { scope: '' } })).body['scope']).toBe('orders:read orders:write');
  });
});

describe('RFC 6749 §3.2 no parameter twice', () => {
  it.each([
    ...[
      'grant_type=client_credentials',
      'grant_type=password',
      'client_assertion=a',
      'grant%5Ftype=password',
      'grant_type=',
    ],
    `client_assertion_type=${encodeURIComponent(ASSERTION_TYPE)}`,
    ...['scope=orders%3Aread&scope=orders%3Aread', 'client_id=trader&client_id=other', 'a=1&a=2', 'a&a', '=&='],
  ])('refuses %s', async (text) => expectRefusal(await append(`&${text}`), 'invalid_request', 'form_malformed'));

  it('CA-2.2-01 refuses two assertions, in either order', async () => {
    const extra = encodeURIComponent(assertion({ payload: { jti: 'second' } }));
    expectRefusal(await append(`&client_assertion=${extra}`), 'invalid_request', 'form_malformed');
  });

  it('RI-2-05 reads all values of resource, the one that may come several times', async () => {
    const one = `&resource=${encodeURIComponent(VENUE)}`;
    expectToken(await append(one));
    expectToken(await append(`${one}&resource=`));
    for (const several of [
      `${one}&resource=https%3A%2F%2Felsewhere.example`,
      `&resource=https%3A%2F%2Felsewhere.example${one}`,
      one + one,
    ]) {
      expectRefusal(await append(several), 'invalid_target', 'resource_invalid');
    }
  });

  it('RI-2-05 resource is not read from where it may not come several times', async () => {
    expectRefusal(
      await append(`&resource=${encodeURIComponent(`${VENUE} https://elsewhere.example`)}`),
      'invalid_target',
    );
  });
});
