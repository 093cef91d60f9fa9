import { createVerifier } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { AUDIENCE, ISSUER, ORIGIN, Scene } from './scene.ts';

const outcome = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error) => error.code,
  );

describe('N2 the URI that was called', () => {
  it.each([
    ['/orders', 'https://venue.example/orders', 'accepted'],
    ['/orders?limit=5', 'https://venue.example/orders', 'accepted'],
    ['/orders', 'https://venue.example/orders?limit=5#top', 'accepted'],
    ['/orders', 'HTTPS://Venue.EXAMPLE:443/orders', 'accepted'],
    ['/orders/%7euser', 'https://venue.example/orders/~user', 'accepted'],
    ['/a%2fb', 'https://venue.example/a%2Fb', 'accepted'],
    ['/users/a@b', 'https://venue.example/users/a%40b', 'accepted'],
    ['/users/a%40b', 'https://venue.example/users/a@b', 'accepted'],
    ['/orders', 'https://venue.example/a/../orders', 'accepted'],
    ['https://venue.example/orders', 'https://venue.example/orders', 'accepted'],
    ['//evil.example/orders', 'https://venue.example//evil.example/orders', 'accepted'],

    ['/orders', 'https://venue.example/order', 'proof_htu'],
    ['/orders', 'https://venue.example/orders/', 'proof_htu'],
    ['/orders', 'https://venue.example/Orders', 'proof_htu'],
    ['/a%2Fb', 'https://venue.example/a/b', 'proof_htu'],
    ['/a//b', 'https://venue.example/a/b', 'proof_htu'],
    ['/orders', 'http://venue.example/orders', 'proof_htu'],
    ['/orders', 'https://venue.example:8443/orders', 'proof_htu'],
    ['/orders', 'https://evil.example/orders', 'proof_htu'],
    ['/orders', 'https://venue.example.evil.example/orders', 'proof_htu'],
    ['/orders', 'https://user@venue.example/orders', 'proof_htu'],
    ['/orders', 'https://venue.example@evil.example/orders', 'proof_htu'],
    ['/orders', 'https:/venue.example/orders', 'proof_htu'],
    ['/orders', 'https:\\\\venue.example\\orders', 'proof_htu'],
    ['/orders', ' https://venue.example/orders', 'proof_htu'],
    ['/orders', '/orders', 'proof_htu'],
    ['/orders', '', 'proof_claims'],
    ['//evil.example/orders', 'https://evil.example/orders', 'proof_htu'],

    ['https://evil.example/orders', 'https://evil.example/orders', 'request_malformed'],
    ['https://venue.example.evil.example/orders', 'https://venue.example/orders', 'request_malformed'],
    ['http://venue.example/orders', 'https://venue.example/orders', 'request_malformed'],
    ['/orders#top', 'https://venue.example/orders', 'request_malformed'],
    // a router serves these as they are, not what they stand for
    ['/a/../orders', 'https://venue.example/orders', 'request_malformed'],
    ['/a/../orders', 'https://venue.example/a/../orders', 'request_malformed'],
    ['/a/%2E%2e/orders', 'https://venue.example/orders', 'request_malformed'],
    ['/./orders', 'https://venue.example/orders', 'request_malformed'],
    ['/orders/..', 'https://venue.example/', 'request_malformed'],
    ['https://venue.example/a/../orders', 'https://venue.example/orders', 'request_malformed'],
    ['*', 'https://venue.example/*', 'request_malformed'],
    ['', 'https://venue.example/', 'request_malformed'],
    ['venue.example:443', 'https://venue.example/', 'request_malformed'],
    ['\\orders', 'https://venue.example/orders', 'request_malformed'],
  ])('DPOP-4.3-09 DPOP-4.3-14 C077 C078 target %j with htu %j: %s', async (target, htu, expected) => {
    expect(await outcome(new Scene().send({ target, proof: { payload: { htu } } }))).toBe(expected);
  });

  it.each([
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'http'],
    ['Forwarded', 'host=evil.example;proto=http'],
    ['X-Original-URL', '/admin'],
    ['X-HTTP-Method-Override', 'DELETE'],
  ])('C078 takes nothing from %s', async (name, value) => {
    const scene = new Scene();
    const fields = [name, value];
    await expect(scene.send({ fields })).resolves.toBeDefined();
    expect(await scene.code({ fields, proof: { payload: { htu: 'https://evil.example/orders' } } })).toBe('proof_htu');
    expect(await scene.code({ fields, proof: { payload: { htm: 'DELETE' } } })).toBe('proof_htm');
  });

  it('keycloak#39332 spring-security#17202 knows its public origin with a path prefix that a proxy takes away', async () => {
    const scene = new Scene({ origin: `${ORIGIN}/trading/v1` });
    const proof = (htu: string) => ({ proof: { payload: { htu } } });
    await expect(scene.send(proof(`${ORIGIN}/trading/v1/orders`))).resolves.toBeDefined();
    expect(await scene.code(proof(`${ORIGIN}/orders`))).toBe('proof_htu');
    expect(await scene.code(proof(`${ORIGIN}/trading/v2/orders`))).toBe('proof_htu');
  });
});

describe('C076 htm', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY', 'get'])(
    'DPOP-4.3-08 C069 takes %s for itself',
    async (method) => {
      await expect(new Scene().send({ method })).resolves.toBeDefined();
    },
  );

  it.each(['get', 'Get', 'PUT', 'GET ', 'HEAD', ' GET'])('DPOP-4.3-08 refuses %j for GET', async (htm) => {
    expect(await new Scene().code({ proof: { payload: { htm } } })).toBe('proof_htm');
  });
});

describe('the configured origin', () => {
  const create = (origin: string, allowLoopbackHttp = false) =>
    createVerifier({ issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [] }, origin, allowLoopbackHttp });

  it.each([
    'https://venue.example',
    'https://venue.example:8443',
    'https://venue.example/v1',
    'https://[::1]:8443',
    'HTTPS://Venue.example',
  ])('may be %s', (origin) => {
    expect(() => create(origin)).not.toThrow();
  });

  it.each([
    'https://venue.example/',
    'https://venue.example?',
    'https://venue.example?a',
    'https://venue.example#',
    'https://venue.example/v1?',
    'https://:secret@venue.example',
    'https://user@venue.example',
    ' https://venue.example',
    'https://venue.example ',
    'https:venue.example',
    'https:\\\\venue.example',
    'https://',
    'venue.example',
    'ftp://venue.example',
    'http://venue.example',
    '',
    undefined as unknown as string,
  ])('must not be %j', (origin) => {
    expect(() => create(origin)).toThrow(TypeError);
    expect(() => create(origin, true)).toThrow(TypeError);
  });

  it.each(['http://127.0.0.1:3000', 'http://localhost', 'http://[::1]:3000/v1'])(
    'DPOP-2-01 may be %s only when that is allowed',
    (origin) => {
      expect(() => create(origin)).toThrow(TypeError);
      expect(() => create(origin, true)).not.toThrow();
    },
  );

  it.each([
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1@evil.example',
    'http://[::2]',
  ])('DPOP-2-01 takes %s for no loopback', (origin) => {
    expect(() => create(origin, true)).toThrow(TypeError);
  });
});
