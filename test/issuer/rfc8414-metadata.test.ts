import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { ISSUER, MTLS, traderKey } from './forge.ts';
import { createScene, TRADER } from './scene.ts';

async function metadata(changes: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const { issuer } = await createScene(changes);
  return JSON.parse(issuer.metadata().body) as Record<string, unknown>;
}

async function jwks(signingKeys: readonly object[]): Promise<Record<string, unknown>[]> {
  const { issuer } = await createScene({ signing_keys: signingKeys });
  return (JSON.parse(issuer.jwks().body) as { keys: Record<string, unknown>[] }).keys;
}

const ALGORITHMS = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

describe('RFC 8414 §2 metadata', () => {
  it('ASM-3.2-01 is 200 and JSON, and nobody is told not to keep it', async () => {
    const { issuer } = await createScene();
    for (const reply of [issuer.metadata(), issuer.jwks()]) {
      expect(reply).toMatchObject({ status: 200, headers: { 'Content-Type': 'application/json' } });
      expect(reply.headers['Cache-Control']).toMatch(/max-age=\d/);
    }
  });

  it('ASM-2-01 C001 names the issuer as it is configured, byte for byte', async () => {
    for (const issuer of [ISSUER, 'https://issuer.example:8443', `${ISSUER}/tenants/a-b`]) {
      expect((await metadata({ issuer }))['issuer']).toBe(issuer);
    }
  });

  it('ASM-2-02 ASM-2-04 C002 gives absolute https endpoints below the issuer', async () => {
    expect(await metadata({ issuer: `${ISSUER}/a` })).toMatchObject({
      token_endpoint: `${ISSUER}/a/token`,
      jwks_uri: `${ISSUER}/a/jwks`,
    });
  });

  it('C003 says only what is offered', async () => {
    const document = await metadata();
    expect(document).toMatchObject({
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
      scopes_supported: ['orders:read', 'orders:write', 'positions:read'],
    });
    for (const absent of ['authorization_endpoint', 'response_types_supported', 'registration_endpoint']) {
      expect(document).not.toHaveProperty(absent);
    }
  });

  it('ASM-3.2-01 holds no empty array', async () => {
    for (const value of Object.values(await metadata({ clients: [] }))) expect(value).not.toEqual([]);
  });

  it('ASM-2-03 DPOP-5.1-01 C004 lists the algorithms of FAPI 2.0 and no other', async () => {
    const document = await metadata();
    for (const member of [
      'token_endpoint_auth_signing_alg_values_supported',
      'dpop_signing_alg_values_supported',
    ] as const) {
      expect([...(document[member] as string[])].sort()).toEqual([...ALGORITHMS].sort());
    }
  });

  it('MTLS-3.3-01 MTLS-5-01 C005 tells of mutual TLS, with aliases of endpoints that the root has', async () => {
    const document = await metadata({ issuer: `${ISSUER}/a` });
    expect(document['tls_client_certificate_bound_access_tokens']).toBe(true);
    expect(document['mtls_endpoint_aliases']).toMatchObject({ token_endpoint: `${MTLS}/a/token` });
  });

  it('MTLS-3.3-01 does not tell of mutual TLS where there is none', async () => {
    const document = await metadata({ mtls_origin: undefined });
    expect(document).not.toHaveProperty('tls_client_certificate_bound_access_tokens');
    expect(document).not.toHaveProperty('mtls_endpoint_aliases');
    expect(document['token_endpoint_auth_methods_supported']).toEqual(['private_key_jwt']);
  });

  it('MTLS-3.3-01 tells of mutual TLS where a client needs it and the one listener asks for certificates', async () => {
    const clients = [{ ...TRADER, tls_client_certificate_bound_access_tokens: true }];
    const document = await metadata({ mtls_origin: undefined, clients });
    expect(document['tls_client_certificate_bound_access_tokens']).toBe(true);
    expect(document).not.toHaveProperty('mtls_endpoint_aliases');
    expect(document['token_endpoint_auth_methods_supported']).toContain('tls_client_auth');
  });
});

describe('RFC 7517 §5 keys', () => {
  const signing = [
    { ...keys.ES256.privateJwk, kid: 'ec', use: 'sig', key_ops: ['sign'], ext: true, x5c: ['c2VjcmV0'] },
    { ...keys.PS256.privateJwk, kid: 'rsa', oddity: 'swordfish' },
    { ...keys.Ed25519.privateJwk, kid: 'ed', alg: 'EdDSA' },
  ];

  it('ASM-2-04 C006 have kid, alg and use, and nothing beyond what a public key needs', async () => {
    const published = await jwks(signing);
    expect(published).toEqual([
      { ...keys.ES256.jwk, kid: 'ec', alg: 'ES256', use: 'sig' },
      { ...keys.PS256.jwk, kid: 'rsa', alg: 'PS256', use: 'sig' },
      { ...keys.Ed25519.jwk, kid: 'ed', alg: 'EdDSA', use: 'sig' },
    ]);
  });

  it('C006 hold no private member of any key', async () => {
    const text = JSON.stringify(await jwks(signing));
    for (const { privateJwk } of [keys.ES256, keys.PS256, keys.Ed25519]) {
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
        if (privateJwk[member] !== undefined) expect(text).not.toContain(privateJwk[member]);
      }
    }
  });

  it('C006 are all published although only the first one signs, so that keys can be rotated', async () => {
    const scene = await createScene({ signing_keys: [signing[1], { ...traderKey.privateJwk, kid: 'old' }] });
    const { body } = await scene.prove();
    const header = JSON.parse(Buffer.from(String(body['access_token']).split('.')[0] ?? '', 'base64url').toString());
    expect(header).toEqual({ typ: 'at+jwt', alg: 'PS256', kid: 'rsa' });
    expect(JSON.parse(scene.issuer.jwks().body).keys.map(({ kid }: { kid: string }) => kid)).toEqual(['rsa', 'old']);
  });
});
