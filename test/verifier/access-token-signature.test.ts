import { describe, expect, it } from 'vitest';
import { base64url, breakSignature, type Members, makeKey, published } from './forge.ts';
import { AUDIENCE, ISSUER, Scene } from './scene.ts';

describe('RFC 9068 §4 signature', () => {
  it('AT-4-05 refuses a broken signature, another payload and none at all', async () => {
    const scene = new Scene();
    const good = scene.token();
    const [header, , signature] = good.split('.');
    const payload = base64url(JSON.stringify({ iss: ISSUER, aud: AUDIENCE }));
    for (const token of [breakSignature(good), `${header}.${payload}.${signature}`, good.replace(/[^.]+$/, '')]) {
      expect(await scene.code({ token })).toBe('token_signature');
    }
  });

  it.each(['RS256', 'ES384', 'PS384', 'Ed448'] as const)(
    'FAPI2-5.4.1-02 refuses a token signed with %s',
    async (alg) => {
      const scene = new Scene({}, { issuer: makeKey(alg, 'issuer-1') });
      expect(await scene.code()).toBe('token_alg');
    },
  );

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'FAPI2-5.4.1-02 takes a token signed with %s',
    async (alg) => {
      const scene = new Scene({}, { issuer: makeKey(alg, 'issuer-1') });
      await expect(scene.send()).resolves.toMatchObject({ clientId: 'client-1' });
    },
  );

  it.each(['none', 'None', 'NONE', '', undefined, 'HS256', 'es256', 'ES256 ', ['ES256'], 'toString', '__proto__'])(
    'AT-4-05 refuses alg %j over a signature that would verify',
    async (alg) => {
      expect(await new Scene().code({ token: { header: { alg } } })).toBe('token_alg');
    },
  );

  it('AT-4-05 refuses an algorithm that the key is not for', async () => {
    expect(await new Scene().code({ token: { header: { alg: 'PS256' } } })).toBe('token_key_unknown');
  });

  it('AT-4-05 ignores jwk, jku, x5c and x5u in the header: a stranger cannot bring the key', async () => {
    const stranger = makeKey('ES256', 'issuer-1');
    const header = { jwk: stranger.publicJwk, jku: 'https://127.0.0.1:1/', x5u: 'https://127.0.0.1:1/', x5c: ['AA=='] };
    expect(await new Scene().code({ token: { key: stranger, header } })).toBe('token_signature');
  });

  it('JOSE-8725-3.8-01 refuses a token of this issuer that a key of another issuer signed', async () => {
    const scene = new Scene();
    const other = makeKey('ES256', 'issuer-2');
    expect(await scene.code({ token: { key: other } })).toBe('token_key_unknown');
    expect(await scene.code({ token: { key: other, header: { kid: 'issuer-1' } } })).toBe('token_signature');
  });

  it.each([{ crit: ['exp'] }, { crit: [] }, { b64: false }, { kid: 7 }, { kid: null }])(
    'AT-4-05 refuses the header member %j',
    async (header) => {
      expect(await new Scene().code({ token: { header } })).toBe('token_malformed');
    },
  );

  it.each([
    ['five parts, as an encrypted token has', (good: string) => `${good}.AA.AA`],
    ['two parts', (good: string) => good.split('.').slice(0, 2).join('.')],
    ['a header that is an array', (good: string) => good.replace(/^[^.]+/, base64url('[]'))],
    ['a payload that is no JSON', (good: string) => good.replace(/\.[^.]+\./, `.${base64url('{')}.`)],
    ['an opaque word', () => 'opaque'],
    ['the other base64 alphabet', (good: string) => `${good}+/`],
    ['padding', (good: string) => `${good}=`],
  ])('refuses %s', async (_what, spoil) => {
    const scene = new Scene();
    expect(await scene.code({ token: spoil(scene.token()) })).toBe('token_malformed');
  });
});

describe('choosing the key', () => {
  const [ec, rsa, other] = [makeKey('ES256', 'same'), makeKey('PS256', 'same'), makeKey('ES256', 'same')];
  const accepts = (keys: readonly Members[], issuer = ec) =>
    new Scene({ jwks: { keys } }, { issuer }).send().then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  it('FAPI2-5.4.3-01 takes, of keys with one kid, the one that fits alg and kty', async () => {
    expect(await accepts([published(rsa), published(ec)])).toBe('accepted');
    expect(await accepts([published(rsa), published(ec)], rsa)).toBe('accepted');
  });

  it('FAPI2-5.4.3-01 leaves out keys that are for encryption or for another alg', async () => {
    expect(await accepts([{ ...published(ec), use: 'enc' }])).toBe('token_key_unknown');
    expect(await accepts([{ ...published(ec), alg: 'ES384' }])).toBe('token_key_unknown');
    expect(await accepts([{ ...published(ec), key_ops: ['encrypt'] }])).toBe('token_key_unknown');
  });

  it('FAPI2-5.4.3-01 tries each of two keys that fit equally', async () => {
    expect(await accepts([published(other), published(ec)])).toBe('accepted');
    expect(await accepts([published(other)])).toBe('token_signature');
  });

  it('tries the keys that fit when the token names none', async () => {
    const scene = new Scene({ jwks: { keys: [published(rsa), published(other), published(ec)] } }, { issuer: ec });
    await expect(scene.send({ token: { header: { kid: undefined } } })).resolves.toBeDefined();
  });

  it('never uses a private or symmetric key that an issuer published by mistake', async () => {
    expect(await accepts([{ ...published(ec), ...ec.privateJwk }])).toBe('token_key_unknown');
    expect(await accepts([{ kty: 'oct', k: 'AAAA', kid: 'same' }])).toBe('token_key_unknown');
  });

  it('passes over members of the set that are no keys', async () => {
    const junk = [null, 7, 'key', [], {}, { kid: 'same' }] as unknown as Members[];
    expect(await accepts([...junk, published(ec)])).toBe('accepted');
    expect(await accepts(junk)).toBe('token_key_unknown');
  });
});
