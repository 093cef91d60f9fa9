import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { createIssuer, readConfig } from '@holdfast/issuer';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { keys, otherKeys } from '../proof/forge.ts';
import { selfSignClient } from './certificates.ts';
import { ecKey, thiefKey, traderKey } from './forge.ts';
import { configuration, createScene, expectToken, TRADER } from './scene.ts';

type Members = Readonly<Record<string, unknown>>;

const KEY = 'clients[1].jwks.keys[1]';
const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' }) as Members;
const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...smallRsaPublic } = smallRsa;
const P256_X = String(traderKey.jwk['x']);

function fault(value: unknown): string {
  try {
    readConfig(value);
    return 'accepted';
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

const withClientKey = (key: unknown, client: object = {}) =>
  configuration({
    clients: [TRADER, { ...TRADER, client_id: 'second', jwks: { keys: [thiefKey.jwk, key] }, ...client }],
  });
const withSigningKey = (key: Members) => configuration({ signing_keys: [{ kid: 'k', ...key }] });

/** Every string of five characters or more that a JWK holds. */
const values = (key: Members) => Object.values(key).filter((each) => typeof each === 'string' && each.length > 7);

describe('keys of clients', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('FAPI2-5.4.1-02 takes %s', (alg) => {
    expect(fault(withClientKey(keys[alg].jwk))).toBe('accepted');
    expect(fault(withClientKey({ ...keys[alg].jwk, alg, use: 'sig', kid: 'a', key_ops: ['verify'] }))).toBe('accepted');
  });

  it.each<[string, Members]>([
    ['a private EC key', traderKey.privateJwk],
    ['a private RSA key', keys.PS256.privateJwk],
    ['a private Ed25519 key', keys.Ed25519.privateJwk],
    ['one private member', { ...keys.PS256.jwk, dq: 'AQAB' }],
    ['a shared secret', { kty: 'oct', k: 'c3dvcmRmaXNoLXMzY3IzdA' }],
    ['a shared secret beside a key', { ...traderKey.jwk, k: 'c3dvcmRmaXNoLXMzY3IzdA' }],
    ['an RSA key of 1024 bits', smallRsaPublic],
    ['an RSA key with another exponent', { ...keys.PS256.jwk, e: 'Aw' }],
    ['P-384', keys.ES384.jwk],
    ['secp256k1', otherKeys.es256k.jwk],
    ['Ed448', otherKeys.ed448.jwk],
    ['alg RS256', { ...keys.PS256.jwk, alg: 'RS256' }],
    ['alg none', { ...traderKey.jwk, alg: 'none' }],
    ['alg of another curve', { ...traderKey.jwk, alg: 'ES384' }],
    ['alg of another type', { ...traderKey.jwk, alg: 'PS256' }],
    ['use enc', { ...traderKey.jwk, use: 'enc' }],
    ['key_ops without verify', { ...traderKey.jwk, key_ops: ['encrypt'] }],
    ['a padded coordinate', { ...traderKey.jwk, x: `${P256_X}=` }],
    ['a short coordinate', { ...traderKey.jwk, x: P256_X.slice(0, -2) }],
    ['a missing coordinate', { ...traderKey.jwk, y: undefined }],
    ['a point that is not on the curve', { ...traderKey.jwk, y: P256_X }],
    ['a point of small order', { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` }],
    ['nothing', {}],
  ])('FAPI2-5.4.1-01 refuse %s', (_name, key) => {
    const message = fault(withClientKey(key));
    expect(message).toMatch(`${KEY}: `);
    for (const value of values(key)) expect(message).not.toContain(value);
  });
});

describe('certificates of clients', async () => {
  const now = new Date();
  const own = await selfSignClient({ commonName: 'self', now, days: 1 });
  const other = await selfSignClient({ commonName: 'other', now, days: 1 });
  const { X509Certificate } = await import('node:crypto');
  const jwk = new X509Certificate(own.certificate).publicKey.export({ format: 'jwk' });
  const selfSigned = { token_endpoint_auth_method: 'self_signed_tls_client_auth' };
  const x5c = ({ der }: { der: Uint8Array }) => Buffer.from(der).toString('base64');

  it('MTLS-2.2.2-01 the key of x5c[0] is the key of the JWK', () => {
    expect(fault(withClientKey({ ...jwk, x5c: [x5c(own)] }, selfSigned))).toBe('accepted');
    const message = fault(withClientKey({ ...jwk, x5c: [x5c(other), x5c(own)] }, selfSigned));
    expect(message).toBe(`${KEY}.x5c: must hold the same key as the JWK`);
    expect(fault(withClientKey({ ...traderKey.jwk, x5c: [x5c(own)] }))).toMatch(`${KEY}.x5c: `);
  });

  it.each<[string, unknown]>([
    ['a string', x5c(own)],
    ['an empty array', []],
    ['numbers', [1]],
    ['no certificate', ['c3dvcmRmaXNoLXMzY3IzdA==']],
    ['a cut certificate', [x5c(own).slice(0, 300)]],
    ['null', null],
  ])('MTLS-2.2.2-01 x5c is not %s', (_name, value) => {
    expect(fault(withClientKey({ ...jwk, x5c: value }, selfSigned))).toMatch(`${KEY}.x5c: `);
  });

  it('MTLS-2.2-01 a self-signed client has a certificate', () => {
    const message = fault(withClientKey(jwk, selfSigned));
    expect(message).toMatch(/^clients\[1\]\.jwks\.keys\[0\]\.x5c: /);
    expect(fault(withClientKey(jwk, { ...selfSigned, jwks: undefined }))).toMatch(/^clients\[1\]\.jwks: /);
  });
});

describe('MTLS-2.1.2-01 exactly one subject', () => {
  const pki = (subject: object) =>
    fault(
      configuration({
        clients: [
          { client_id: 'pki', token_endpoint_auth_method: 'tls_client_auth', scope: 'orders:read', ...subject },
        ],
      }),
    );
  const one = {
    tls_client_auth_subject_dn: 'CN=trader,O=Fund',
    tls_client_auth_san_dns: 'trader.example',
    tls_client_auth_san_uri: 'spiffe://example/trader',
    tls_client_auth_san_ip: '2001:db8::7',
    tls_client_auth_san_email: 'trader@example.com',
  };

  it.each(Object.entries(one))('takes %s', (member, value) => {
    expect(pki({ [member]: value })).toBe('accepted');
    expect(pki({ [member]: '' })).toMatch(`clients[0].${member}: `);
  });

  it('refuses none and any two', () => {
    expect(pki({})).toMatch('clients[0].tls_client_auth_subject_dn: exactly one');
    for (const [i, [member, value]] of Object.entries(one).entries()) {
      for (const [other, another] of Object.entries(one).slice(i + 1)) {
        expect(pki({ [member]: value, [other]: another })).toMatch('exactly one');
      }
    }
    expect(pki(one)).toMatch('exactly one');
  });

  it.each([...['2001:db8::7/64', '10.0.0.0/8', '10.0.0', 'fe80::1%eth0', '[::1]', 'trader.example', '010.0.0.1']])(
    'refuses %s as an address',
    (address) => {
      expect(pki({ tls_client_auth_san_ip: address })).toBe('clients[0].tls_client_auth_san_ip: is not an IP address');
    },
  );

  it.each([
    ...['trader', 'CN', 'CN=', '=trader', 'CN=a,', ',CN=a', 'CN=a,,O=b', 'CN=a+', 'CN=a;O=b', 'CN="a"', 'CN=#0C0161'],
    ...[
      'CN=a\\',
      'CN=a\\0',
      'CN=a\\g',
      'CN=<a>',
      'CN=a\0b',
      'XY=a',
      'constructor=a',
      '1=a',
      '2.5.=a',
      '2..5=a',
      'CN=\\FF',
    ],
  ])('refuses %j as a distinguished name', (name) => {
    expect(pki({ tls_client_auth_subject_dn: name })).toMatch(
      'clients[0].tls_client_auth_subject_dn: is not an RFC 4514',
    );
  });
});

describe('signing keys', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('FAPI2-5.4.1-02 %s signs tokens', async (alg) => {
    const scene = await createScene({ signing_keys: [{ ...keys[alg].privateJwk, kid: 'k', alg }] });
    expectToken(await scene.prove());
  });

  it('may say that they are for signing', async () => {
    const key = { ...thiefKey.privateJwk, kid: 'k', use: 'sig', key_ops: ['sign'], ext: true };
    expectToken(await (await createScene({ signing_keys: [key] })).prove());
  });

  it.each<[string, Members]>([
    ['a public key', traderKey.jwk],
    ['a private member that is no string', { ...traderKey.privateJwk, d: 7 }],
    ['a private member that is not base64url', { ...traderKey.privateJwk, d: 'swordfish-s3cr3t!' }],
    ['the private member of another key', { ...traderKey.privateJwk, d: ecKey().privateJwk['d'] }],
    ['the private member of another Ed25519 key', { ...keys.Ed25519.privateJwk, d: ecKey().privateJwk['d'] }],
    ['an RSA key without its factors', { ...keys.PS256.jwk, d: keys.PS256.privateJwk['d'] }],
    ['an RSA key of 1024 bits', smallRsa],
    ['P-384', keys.ES384.privateJwk],
    ['RS256', { ...keys.PS256.privateJwk, alg: 'RS256' }],
    ['a shared secret', { kty: 'oct', k: 'c3dvcmRmaXNoLXMzY3IzdA', d: 'AQAB' }],
    ['key_ops without sign', { ...traderKey.privateJwk, key_ops: ['verify'] }],
    ['use enc', { ...traderKey.privateJwk, use: 'enc' }],
  ])('FAPI2-5.4.1-01 are not %s', (_name, key) => {
    const message = fault(withSigningKey(key));
    expect(message).toMatch(/^signing_keys\[0\]/);
    for (const value of values(key)) expect(message).not.toContain(value);
  });

  it('have a kid', () => {
    expect(fault(withSigningKey({ ...traderKey.privateJwk, kid: undefined }))).toMatch(/^signing_keys\[0\]\.kid: /m);
    expect(fault(withSigningKey({ ...traderKey.privateJwk, kid: 7 }))).toMatch(/^signing_keys\[0\]\.kid: /m);
  });

  it('are needed where no key ring is given', async () => {
    const config = readConfig(configuration({ signing_keys: undefined }));
    await expect(createIssuer({ config, store: memoryStore() })).rejects.toThrow(/^signing_keys: /);
  });

  it('are not seen in an issuer that is printed or written as JSON', async () => {
    const issuer = await createIssuer({ config: readConfig(configuration()), store: memoryStore() });
    const secret = String(issuer.config.signing_keys?.[0]?.['d']);
    expect(secret).toHaveLength(43);
    const printed = inspect(issuer, { depth: null, getters: true }) + JSON.stringify(issuer);
    expect(printed).not.toContain(secret);
  });
});
