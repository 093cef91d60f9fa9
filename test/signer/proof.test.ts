import { createHash } from 'node:crypto';
import { createSigner, generateKey, importKey, type ProofKey } from '@holdfast/signer';
import { calculateJwkThumbprint, compactVerify, EmbeddedJWK, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';

const clock = () => 1_790_000_000_999;
const now = 1_790_000_000;
const url = 'https://venue.example/orders';
const ALGORITHMS = ['ES256', 'ES384', 'PS256', 'PS384', 'Ed25519', 'EdDSA'] as const;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const key = await generateKey();
const signer = createSigner({ key, clock });

const verified = (proof: string) => jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', currentDate: new Date(clock()) });

describe('RFC 9449 §4.2: the proof', () => {
  it.each(ALGORITHMS)('DPOP-4.2-02 names the algorithm %s, and verifies under its own jwk', async (alg) => {
    const made = await generateKey(alg);
    const proof = await createSigner({ key: made, clock }).proof({ method: 'GET', url });
    const { protectedHeader } = await verified(proof);
    expect(protectedHeader.alg).toBe(alg);
    expect(made.jkt).toBe(await calculateJwkThumbprint(protectedHeader.jwk ?? {}));
  });

  it.each(['none', 'HS256', 'RS256', 'ES256K', 'constructor', ''])('DPOP-4.2-02 refuses %j', async (alg) => {
    const forbidden = alg as 'ES256';
    await expect(generateKey(forbidden)).rejects.toMatchObject({ code: 'key_unusable' });
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    await expect(importKey({ ...(await exportJWK(privateKey)) }, forbidden)).rejects.toMatchObject({
      code: 'key_unusable',
    });
    expect(() => createSigner({ key: { ...key, alg: forbidden } })).toThrow('cannot be used for signing');
  });

  it('DPOP-4.2-01 DPOP-4.2-03 C091 carries typ, alg and a public jwk, and nothing else in its header', async () => {
    const { protectedHeader } = await verified(await signer.proof({ method: 'GET', url }));
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'jwk', 'typ']);
    expect(protectedHeader.typ).toBe('dpop+jwt');
    expect(protectedHeader.jwk).toEqual(key.publicJwk);
  });

  it.each(ALGORITHMS)('DPOP-4.2-03 holds no private member of an imported %s key', async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: 'one', use: 'sig' };
    const proof = await createSigner({ key: await importKey({ ...jwk }, alg), clock }).proof({ method: 'GET', url });
    const header = (await verified(proof)).protectedHeader.jwk ?? {};
    expect(Object.keys(header).filter((member) => PRIVATE.includes(member))).toEqual([]);
    expect(proof).not.toContain(String(jwk.d));
  });

  it('DPOP-4.2-03 refuses a key of other hands whose public half holds the private one', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const leaking = { ...key, publicJwk: { ...(await exportJWK(privateKey)) } } as unknown as ProofKey;
    expect(() => createSigner({ key: leaking })).toThrow('cannot be used for signing');
  });

  it('DPOP-4.2-04 draws a new jti of at least 96 random bits each time', async () => {
    const proofs = await Promise.all(Array.from({ length: 500 }, () => signer.proof({ method: 'GET', url })));
    const ids = await Promise.all(proofs.map(async (proof) => (await verified(proof)).payload.jti ?? ''));
    expect(new Set(ids).size).toBe(500);
    expect(Math.min(...ids.map((jti) => Buffer.from(jti, 'base64url').length * 8))).toBeGreaterThanOrEqual(96);
  });

  it.each(['GET', 'POST', 'DELETE', 'PATCH', 'get', 'MKCOL'])('DPOP-4.2-05 has htm %s as given', async (method) => {
    expect((await verified(await signer.proof({ method, url }))).payload['htm']).toBe(method);
  });

  it.each([
    ['https://venue.example/orders', 'https://venue.example/orders'],
    ['https://venue.example/orders?limit=5', 'https://venue.example/orders'],
    ['https://venue.example/orders#top', 'https://venue.example/orders'],
    ['https://venue.example/orders?a=/b#c?d', 'https://venue.example/orders'],
    ['https://venue.example/orders#c?d', 'https://venue.example/orders'],
    ['https://venue.example?a', 'https://venue.example'],
    ['https://venue.example:8443/a%20b/', 'https://venue.example:8443/a%20b/'],
    ['https://[::1]:8443/a', 'https://[::1]:8443/a'],
  ])('DPOP-4.2-06 for %s has htu %s', async (target, htu) => {
    expect((await verified(await signer.proof({ method: 'GET', url: target }))).payload['htu']).toBe(htu);
  });

  it('DPOP-4.2-07 has iat in whole seconds of the injected clock, and no exp or nbf', async () => {
    const { payload } = await verified(await signer.proof({ method: 'GET', url }));
    expect(payload.iat).toBe(now);
    expect(Object.keys(payload).sort()).toEqual(['htm', 'htu', 'iat', 'jti']);
  });

  it('DPOP-4.2-08 has ath with an access token: RFC 9449 figure 13', async () => {
    const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
    const { payload } = await verified(await signer.proof({ method: 'GET', url, accessToken }));
    expect(payload['ath']).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo');
    expect(payload['ath']).toBe(createHash('sha256').update(accessToken, 'ascii').digest('base64url'));
  });

  it('DPOP-4.2-09 has the nonce that is given, and none otherwise', async () => {
    const { payload } = await verified(await signer.proof({ method: 'GET', url, nonce: 'eyJ7S_zG.eyJH0-Z.HX4w-7v' }));
    expect(payload['nonce']).toBe('eyJ7S_zG.eyJH0-Z.HX4w-7v');
  });

  it('DPOP-4.2-08 has the ath of the token that is given, whichever tokens came before', async () => {
    const tokens = Array.from({ length: 12 }, (_, i) => `token-${i}`);
    for (const accessToken of [...tokens, ...tokens.toReversed(), 'token-0', 'token-0']) {
      const { payload } = await verified(await signer.proof({ method: 'GET', url, accessToken }));
      expect(payload['ath']).toBe(createHash('sha256').update(accessToken, 'ascii').digest('base64url'));
    }
  });

  it('DPOP-4.2-06 has the htu of the URL that is given, whichever URLs came before', async () => {
    const urls = Array.from({ length: 12 }, (_, i) => `${url}/${i}`);
    for (const target of [...urls, ...urls.toReversed(), url, `${url}?a=1`, `${url}?a=2`]) {
      const { payload } = await verified(await signer.proof({ method: 'GET', url: target }));
      expect(payload['htu']).toBe(target.split('?')[0]);
    }
  });

  it.each(['a"b', 'a\\b', 'a\nb', 'a","htm":"DELETE', 'caf\u00e9', '\u{1F4C8}', '\u2028', ''])(
    'DPOP-4.2-05, DPOP-4.2-09 has htm and nonce as given where JSON has to spell them otherwise: %j',
    async (text) => {
      const { payload } = await verified(await signer.proof({ method: text, url, nonce: text }));
      expect([payload['htm'], payload['nonce'], payload['htu']]).toEqual([text, text, url]);
    },
  );

  it('DPOP-4-01 never makes the same proof twice', async () => {
    const [one, two] = await Promise.all([signer.proof({ method: 'GET', url }), signer.proof({ method: 'GET', url })]);
    expect(one).not.toBe(two);
  });

  it('DPOP-4.1-01 is one token68 value', async () => {
    const proof = await signer.proof({ method: 'GET', url, accessToken: 'a', nonce: 'n' });
    expect(proof).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
    await expect(compactVerify(proof, EmbeddedJWK)).resolves.toBeDefined();
  });
});

describe('RFC 9449 §2: where a proof may go', () => {
  it.each([
    ['http://venue.example/orders', 'plain http'],
    ['http://localhost/orders', 'plain http on loopback, which was not asked for'],
    ['ftp://venue.example/orders', 'another scheme'],
    ['/orders', 'a path'],
    ['https:venue.example/orders', 'a URL that only browsers understand'],
    ['https://venue.example\\@evil.example/orders', 'a backslash'],
    ['https://user:pass@venue.example/orders', 'userinfo'],
    ['https://venue.example/a b', 'a space'],
    ['https://venue.example/\u00fc', 'a letter beyond ASCII'],
    ['https://venue.example/%zz', 'a broken escape'],
    ['', 'nothing'],
  ])('DPOP-2-01 signs nothing for %s: %s', async (target) => {
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(signer.proof({ method: 'GET', url: target })).rejects.toMatchObject({ code: 'url_refused' });
    }
  });

  it('DPOP-2-01 signs for http on loopback, and only there, when a test asks for it', async () => {
    const lax = createSigner({ key, clock, allowLoopbackHttp: true });
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:1']) {
      await expect(lax.proof({ method: 'GET', url: `http://${host}/` })).resolves.toBeTypeOf('string');
    }
    for (const host of ['venue.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1']) {
      const refused = lax.proof({ method: 'GET', url: `http://${host}/` });
      await expect(refused).rejects.toMatchObject({ code: 'url_refused' });
    }
  });
});
