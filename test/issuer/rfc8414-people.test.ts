import { describe, expect, it } from 'vitest';
import { ISSUER, MTLS } from './forge.ts';
import { createPeople, DESK, ORDER_ENTRY, RIVAL } from './people.ts';
import { VENUE_SERVER } from './questions.ts';

const ALGORITHMS = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

async function metadata(changes: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const { issuer } = await createPeople(changes);
  return JSON.parse(issuer.metadata().body) as Record<string, unknown>;
}

describe('RFC 8414 §2 metadata of an issuer for people', () => {
  it('ASM-2-02 PAR-2-01 PAR-2-02 C002 has every endpoint, absolute and https, below the issuer', async () => {
    expect(await metadata({ issuer: `${ISSUER}/a`, resource_servers: [VENUE_SERVER] })).toMatchObject({
      issuer: `${ISSUER}/a`,
      authorization_endpoint: `${ISSUER}/a/authorize`,
      token_endpoint: `${ISSUER}/a/token`,
      pushed_authorization_request_endpoint: `${ISSUER}/a/par`,
      revocation_endpoint: `${ISSUER}/a/revoke`,
      introspection_endpoint: `${ISSUER}/a/introspect`,
      userinfo_endpoint: `${ISSUER}/a/userinfo`,
      jwks_uri: `${ISSUER}/a/jwks`,
    });
  });

  it('PAR-4-05 C002 says that requests have to be pushed', async () => {
    expect((await metadata())['require_pushed_authorization_requests']).toBe(true);
  });

  it('ASM-2-05 BCP-2.1.1-04 FAPI2-5.3.2.2-05 C003 tells of PKCE by S256 and of no plain', async () => {
    expect((await metadata())['code_challenge_methods_supported']).toEqual(['S256']);
  });

  it('FAPI2-5.3.2.2-01 BCP-2.4-01 C003 offers the code, and the grants that its clients are registered for', async () => {
    expect(await metadata()).toMatchObject({
      response_types_supported: ['code'],
      grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
      authorization_response_iss_parameter_supported: true,
    });
    const once = await metadata({ clients: [{ ...DESK, grant_types: ['authorization_code'] }] });
    expect(once['grant_types_supported']).toEqual(['authorization_code']);
  });

  it('C004 lists what is signed by FAPI 2.0 and by nothing else, wherever algorithms are named', async () => {
    const document = await metadata({ resource_servers: [VENUE_SERVER] });
    const lists = Object.entries(document).filter(([name]) => /_alg_values_supported$/.test(name));
    expect(lists.map(([name]) => name).sort()).toEqual([
      'authorization_signing_alg_values_supported',
      'dpop_signing_alg_values_supported',
      'id_token_signing_alg_values_supported',
      'introspection_endpoint_auth_signing_alg_values_supported',
      'introspection_signing_alg_values_supported',
      'request_object_signing_alg_values_supported',
      'revocation_endpoint_auth_signing_alg_values_supported',
      'token_endpoint_auth_signing_alg_values_supported',
    ]);
    for (const [, list] of lists) {
      expect((list as string[]).length).toBeGreaterThan(0);
      for (const alg of list as string[]) expect(ALGORITHMS).toContain(alg);
    }
    // What the issuer signs it signs by the keys that it has
    expect(document['id_token_signing_alg_values_supported']).toEqual(['ES256']);
  });

  it('C005 has aliases of endpoints that the root has, and never of those for browsers', async () => {
    const document = await metadata({ resource_servers: [VENUE_SERVER] });
    const aliases = document['mtls_endpoint_aliases'] as Record<string, string>;
    expect(Object.keys(aliases).sort()).toEqual([
      'introspection_endpoint',
      'pushed_authorization_request_endpoint',
      'revocation_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
    ]);
    for (const [name, url] of Object.entries(aliases)) {
      expect(String(document[name]).replace(ISSUER, MTLS)).toBe(url);
    }
  });

  it('C003 tells of OpenID only where a client may ask for it', async () => {
    const scope = 'orders:read offline_access';
    const document = await metadata({
      clients: [
        { ...DESK, scope },
        { ...RIVAL, scope },
      ],
    });
    for (const absent of [
      ...['userinfo_endpoint', 'subject_types_supported', 'id_token_signing_alg_values_supported'],
      ...['claims_supported', 'claims_parameter_supported'],
    ]) {
      expect(document).not.toHaveProperty(absent);
    }
    expect(document['scopes_supported']).not.toContain('openid');
    expect(await metadata()).toMatchObject({ subject_types_supported: ['public'] });
    expect((await metadata())['scopes_supported']).toEqual(
      expect.arrayContaining(['openid', 'offline_access', 'orders:read']),
    );
  });

  it('C003 names the types of details that it knows', async () => {
    expect((await metadata())['authorization_details_types_supported']).toEqual([ORDER_ENTRY.type]);
  });

  it('ASM-3.2-01 holds no empty array and nothing that is null', async () => {
    for (const value of Object.values(await metadata())) {
      expect(value).not.toEqual([]);
      expect(value).not.toBeNull();
    }
  });
});
