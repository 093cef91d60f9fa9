import { describe, expect, it } from 'vitest';
import { ASSERTION_TYPE, assertion, proof } from './forge.ts';
import { type Attempt, createScene, expectRefusal, expectToken } from './scene.ts';

const scene = await createScene();
const FORM = 'application/x-www-form-urlencoded';

async function send(attempt: Attempt) {
  return scene.send({ assertion: assertion(), proof: proof({ payload: { nonce: await scene.nonce() } }), ...attempt });
}

/** The sound body, to be spoilt. */
function body(): string {
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion(),
  };
  return new URLSearchParams(form).toString();
}

/** A sound request with these fields in the place of its content type. */
async function typed(...types: string[]) {
  const headers = ['DPoP', proof({ payload: { nonce: await scene.nonce() } })];
  const request = { method: 'POST', target: '/token', origin: 'https://issuer.example', body: body() };
  const reply = await scene.issuer.token({
    ...request,
    headers: [...headers, ...types.flatMap((type) => ['content-type', type])],
  });
  return { ...reply, body: JSON.parse(reply.body), refusal: reply.refusal };
}

describe('RFC 6749 §3.2 the content type', () => {
  it.each([FORM, FORM.toUpperCase(), `${FORM};charset=utf-8`, `${FORM} ; charset=UTF-8`])('takes %s', async (type) => {
    expectToken(await typed(type));
  });
  it.each([
    ...[
      '',
      'application/json',
      'multipart/form-data; boundary=a',
      'text/plain',
      `${FORM}x`,
      `x${FORM}`,
      `${FORM},${FORM}`,
    ],
    ...[`${FORM}, text/plain`, `text/plain;${FORM}`, `"${FORM}"`, 'application/*', '*/*'],
  ])('refuses %j', async (type) => {
    expectRefusal(await typed(type), 'invalid_request', 'content_type_unsupported');
  });
  it('refuses none, and two', async () => {
    expectRefusal(await typed(), 'invalid_request', 'content_type_unsupported');
    expectRefusal(await typed(FORM, FORM), 'invalid_request', 'content_type_unsupported');
    expectRefusal(await typed(FORM, 'application/json'), 'invalid_request', 'content_type_unsupported');
  });
});

describe('appendix B the body', () => {
  it.each([
    ...['a=%', 'a=%4', 'a=%zz', 'a=%4g', '%=a', 'a=%%41', 'a=%-1', 'a=%u0041'],
    ...['a=%FF', 'a=%C3', 'a=%C0%80', 'a=%ED%A0%80', 'a=%F4%90%80%80', '%FF=a', 'a=%C3('],
    ...['a=b=c', 'a==', 'a=\0', 'a=\n', 'a=\r\n', 'a=\t', 'a= b', 'a=é', 'a=\uFFFD', 'é=a', 'a=\ud800', 'a=\x7f'],
  ])('refuses %j', async (text) => {
    for (const spoilt of [`${body()}&${text}`, `${text}&${body()}`]) {
      expectRefusal(await send({ body: spoilt }), 'invalid_request', 'form_malformed');
    }
  });

  it.each(['', '&', '&&'])('an empty one has no client: %j', async (text) => {
    const { status, body: answer } = await send({ body: text });
    expect([400, 401]).toContain(status);
    expect(['invalid_client', 'invalid_request']).toContain(answer['error']);
  });

  it.each(['a', 'a=', 'a=%41+%E2%82%AC', '%00=%00', 'a=%00', 'a[b]=c', 'constructor=a', 'a=%F0%9F%92%B6', ''])(
    'takes %j for a parameter that means nothing',
    async (text) => void expectToken(await send({ body: `${body()}&${text}` })),
  );

  it('reads plus as space and %2B as plus', async () => {
    expectToken(await send({ body: `${body()}&scope=orders%3Aread+orders%3Awrite` }));
    expectToken(await send({ body: `${body()}&scope=orders:read%20orders:write` }));
    expectRefusal(await send({ body: `${body()}&scope=orders%3Aread%2Borders%3Awrite` }), 'invalid_scope');
  });

  it.each(['grant_type=client_credentials%00', 'grant_type%00=client_credentials', 'Grant_Type=client_credentials'])(
    'does not take %s for grant_type',
    async (text) => {
      const spoilt = body().replace('grant_type=client_credentials', text);
      expect((await send({ body: spoilt })).body).not.toHaveProperty('access_token');
    },
  );

  it('takes 64 parameters and refuses 65', async () => {
    const more = (count: number) => Array.from({ length: count }, (_, i) => `&p${i}=v`).join('');
    expectToken(await send({ body: body() + more(61) }));
    expectRefusal(await send({ body: body() + more(62) }), 'invalid_request', 'form_malformed');
  });

  it('takes 64 KiB and refuses one more', async () => {
    const filled = (size: number) => {
      const start = `${body()}&a=`;
      return start + 'x'.repeat(size - start.length);
    };
    expectToken(await send({ body: filled(65_536) }));
    expectRefusal(await send({ body: filled(65_537) }), 'invalid_request', 'form_malformed');
  });

  it('refuses a body of 16 MiB without taking it apart', async () => {
    const huge = 'a=b&'.repeat(4 * 1024 * 1024);
    const heap = process.memoryUsage().heapUsed;
    expectRefusal(await send({ body: huge }), 'invalid_request', 'form_malformed');
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('RFC 6749 §3.2 POST only', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'post', ''])('refuses %j', async (method) => {
    const {
      status,
      headers,
      body: answer,
    } = await send({
      method,
      proof: proof({ payload: { htm: method, nonce: await scene.nonce() } }),
    });
    expect({ status, error: answer['error'] }).toEqual({ status: 405, error: 'invalid_request' });
    expect(answer['code']).toEqual(expect.any(String));
    expect(headers).toMatchObject({ Allow: 'POST', 'Cache-Control': 'no-store' });
  });

  it('reads no parameter from the query', async () => {
    const { status, body: answer } = await send({ body: '', target: `/token?${body()}` });
    expect({ status, error: answer['error'] }).toEqual({ status: 401, error: 'invalid_client' });
    expectToken(await send({ target: '/token?grant_type=password&scope=everything&client_id=nobody' }));
  });
});
