import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from './forge.ts';
import { Scene } from './scene.ts';

describe('RFC 9110 §11.4 the Authorization field', () => {
  it.each(['DPoP', 'dpop', 'DPOP', 'dpOp', 'bEARER', 'BEARER', 'bearer'])(
    'DPOP-7.1-02 C064 takes the scheme %s',
    async (scheme) => {
      const scene = new Scene();
      const certificate = Buffer.from('der');
      const cnf = /bearer/i.test(scheme) ? { 'x5t#S256': sha256(certificate) } : { jkt: scene.client.jkt };
      await expect(scene.send({ scheme, certificate, token: { payload: { cnf } } })).resolves.toBeDefined();
    },
  );

  it.each(['dpop', 'DPoP', 'DPOP', 'dPoP'])('DPOP-4.1-02 finds the proof in a field named %s', async (name) => {
    const scene = new Scene();
    const token = scene.token();
    const headers = ['AUTHORIZATION', `DPoP ${token}`, name, await scene.proof(token)];
    await expect(scene.verifier.verify({ method: 'GET', target: '/orders', headers })).resolves.toBeDefined();
  });

  it('DPOP-4.1-02 takes the value of the proof with regard to case', async () => {
    const scene = new Scene();
    const token = scene.token();
    const proof = await scene.proof(token);
    expect(await scene.code({ token, proof: proof.toUpperCase() })).toBe('proof_malformed');
  });

  it.each([
    ['one space', ' ', 'accepted'],
    ['two spaces', '  ', 'accepted'],
    ['a tab', '\t', 'credentials_malformed'],
    ['a space and a tab', ' \t', 'credentials_malformed'],
    ['a tab and a space', '\t ', 'credentials_malformed'],
    ['no space', '', 'scheme_unsupported'],
    ['a no-break space', '\u00a0', 'credentials_malformed'],
    ['a space and a no-break space', ' \u00a0', 'credentials_malformed'],
    ['a space and a vertical tab', ' \v', 'credentials_malformed'],
    ['a space and a form feed', ' \f', 'credentials_malformed'],
    ['a space and a line feed', ' \n', 'credentials_malformed'],
    ['a space and a carriage return', ' \r', 'credentials_malformed'],
    ['a colon', ':', 'credentials_malformed'],
    ['an equals sign', '=', 'credentials_malformed'],
  ])('GHSA-gv94-wp4h-vv8p %s between scheme and token', async (_what, separator, outcome) => {
    const scene = new Scene();
    const token = scene.token();
    const headers = ['Authorization', `DPoP${separator}${token}`, 'DPoP', await scene.proof(token)];
    const sent = scene.verifier.verify({ method: 'GET', target: '/orders', headers });
    expect(
      await sent.then(
        () => 'accepted',
        (error) => error.code,
      ),
    ).toBe(outcome);
  });

  it.each([
    ['nothing after the scheme', 'DPoP'],
    ['a space after the scheme', 'DPoP '],
    ['nothing', ''],
    ['a trailing space', 'DPoP abc '],
    ['a leading space', ' DPoP abc'],
    ['two tokens', 'DPoP abc def'],
    ['two credentials in one field', 'DPoP abc, DPoP abc'],
    ['a parameter', 'DPoP token="abc"'],
    ['quotes', 'DPoP "abc"'],
    ['padding alone', 'DPoP =='],
    ['padding within', 'DPoP a=b'],
    ['NUL', 'DPoP a\0b'],
    ['a letter beyond ASCII', 'DPoP abcé'],
    ['a line feed at the end', 'DPoP abc\n'],
    ['20 kB', `DPoP ${'a'.repeat(20_000)}`],
  ])('FAPI2-5.3.4-01 refuses %s with 400', async (_what, authorization) => {
    const scene = new Scene();
    const refusal = await scene.refusal({
      method: 'GET',
      target: '/orders',
      headers: ['Authorization', authorization],
    });
    expect(refusal).toMatchObject({ code: 'credentials_malformed', status: 400, error: 'invalid_request' });
  });

  it.each(['Basic', 'DPoP2', 'Digest', 'Token', 'DPoPs', 'x'])(
    'challenges the scheme %s without an error',
    async (scheme) => {
      const refusal = await new Scene().refusal({ scheme, proof: {} });
      expect(refusal).toMatchObject({ code: 'scheme_unsupported', status: 401, error: undefined });
    },
  );

  it('reads a long scheme in linear time', async () => {
    const headers = ['Authorization', `${'!'.repeat(16_000)} ${' '.repeat(300)}`];
    const started = performance.now();
    expect(await new Scene().code({ method: 'GET', target: '/', headers })).toBe('scheme_unsupported');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('N8 RFC 6750 §3.1 one token', () => {
  it.each(['Authorization', 'authorization', 'AUTHORIZATION'])('refuses a second field named %s', async (name) => {
    const scene = new Scene();
    const token = scene.token();
    for (const second of [`DPoP ${token}`, 'Bearer abc', 'Basic abc', '']) {
      const refusal = await scene.refusal({ token, fields: [name, second] });
      expect(refusal).toMatchObject({ code: 'credentials_duplicated', status: 400, error: 'invalid_request' });
    }
  });

  it.each([
    '/orders?access_token=abc',
    '/orders?a=b&access_token=abc',
    '/orders?access_token',
    '/orders?access_token=',
    '/orders?access%5Ftoken=abc',
    '/orders?%61ccess_token=abc',
    '/orders?%61%63%63%65%73%73%5f%74%6f%6b%65%6e=abc',
    '/orders?ACCESS_TOKEN=abc',
    '/orders?access_to%E2%84%AAen=abc', // the Kelvin sign, of which k is the small form
    '/orders?a=1?b&access_token=abc',
  ])('FAPI2-5.3.4-02 C064 refuses a token in the query, also beside a header: %s', async (target) => {
    const scene = new Scene();
    expect(await scene.refusal({ target })).toMatchObject({ code: 'credentials_in_query', status: 400 });
    expect(await scene.code({ method: 'GET', target, headers: [] })).toBe('credentials_in_query');
  });

  it.each(['/orders?my_access_token=1', '/orders?x=access_token', '/orders?access_tokens=1', '/orders?q=%zz'])(
    'takes another parameter: %s',
    async (target) => {
      await expect(new Scene().send({ target })).resolves.toBeDefined();
    },
  );

  it('FAPI2-5.3.4-02 finds the parameter that a parser of queries would find, and no other', async () => {
    const pieces = [
      'access_token',
      'ACCESS',
      '%61ccess',
      '_token',
      '%5f',
      '%5F',
      'toKen',
      '%4B',
      'access_to',
      '%e2%84%aa',
      'en',
      '&',
      '?',
      '=',
      '+',
      '%',
      '#',
    ];
    const scene = new Scene();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), async (parts) => {
        const query = `?${parts.join('')}`; // of which the first question mark is no part of a name, and a second one is
        const names = [...new URLSearchParams(query).keys()].map((name) => name.toLowerCase());
        const code = await scene.code({ method: 'GET', target: `/orders${query}`, headers: [] });
        expect(code).toBe(names.includes('access_token') ? 'credentials_in_query' : 'credentials_missing');
      }),
      { numRuns: 500, examples: [[['?', 'access_token']], [['&', 'access_token']]] },
    );
  });

  it('looks for it in a long query at the cost of some plain requests', async () => {
    const scene = new Scene();
    const verify = (target: string) => scene.code({ method: 'GET', target, headers: [] });
    const cost = async (target: string) => {
      const before = process.cpuUsage();
      for (let i = 0; i < 200; i += 1) await verify(target);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const long = ['a&', '%61&', '+', '&access_toke'].map((part) => `/orders?${part.repeat(15_000 / part.length)}`);
    for (const target of long) expect(await verify(target)).toBe('credentials_missing');
    await cost('/orders');
    const plain = await cost('/orders');
    for (const target of long) expect(await cost(target), target.slice(0, 20)).toBeLessThan(60 * plain);
  });

  it.each(['Proxy-Authorization', 'X-Authorization', 'Authorization2', 'X_Authorization', 'Cookie'])(
    'DPOP-7.1-10 reads no token from %s',
    async (name) => {
      const scene = new Scene();
      const token = scene.token();
      const headers = [name, `DPoP ${token}`, 'DPoP', await scene.proof(token)];
      expect(await scene.code({ method: 'GET', target: '/orders', headers })).toBe('credentials_missing');
    },
  );
});
