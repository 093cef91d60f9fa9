import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { ask } from './flow.ts';
import { metadataUrl, type Site } from './site.ts';
import type { Suite } from './suite.ts';

const STRONG = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** C001 to C006. */
export function metadataChecks(suite: () => Suite): void {
  const sites = (): Site[] => [suite().site, suite().other];
  const jwksOf = async ({ send, metadata }: Site) =>
    (await send(metadata.jwks_uri)).body as unknown as JSONWebKeySet & { keys: { kid: string }[] };

  describe('metadata and keys', () => {
    it('C001 are found by RFC 8414 and OpenID Connect, and name the issuer byte for byte', async () => {
      for (const { issuer, send } of sites()) {
        for (const url of [metadataUrl(issuer), `${issuer}/.well-known/openid-configuration`]) {
          const { status, headers, body } = await send(url);
          expect([status, body['issuer']]).toEqual([200, issuer]);
          expect(headers['content-type']).toMatch(/^application\/json(?:;|$)/);
        }
        expect(issuer).toMatch(/^https:\/\/[^?#]+$/);
      }
    });

    it('C002 say where each endpoint is, with https', () => {
      for (const { issuer, metadata } of sites()) {
        const names = [
          'token',
          'pushed_authorization_request',
          'authorization',
          'revocation',
          'introspection',
          'userinfo',
        ];
        const urls = [...names.map((name) => metadata[`${name}_endpoint`]), metadata.jwks_uri];
        for (const url of urls) expect(url).toSatisfy((each) => String(each).startsWith(`${issuer}/`));
        expect(metadata['require_pushed_authorization_requests']).toBe(true);
      }
    });

    it('C003 list what is issued, and how one authenticates, and nothing else', () => {
      for (const { metadata } of sites()) {
        expect(metadata['response_types_supported']).toEqual(['code']);
        expect(metadata['code_challenge_methods_supported']).toEqual(['S256']);
        expect((metadata['grant_types_supported'] as string[]).toSorted()).toEqual([
          'authorization_code',
          'client_credentials',
          'refresh_token',
        ]);
        expect(['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']).toEqual(
          expect.arrayContaining(metadata['token_endpoint_auth_methods_supported'] as string[]),
        );
        expect(metadata['token_endpoint_auth_methods_supported']).toEqual(
          expect.arrayContaining(['private_key_jwt', 'tls_client_auth']),
        );
        expect(metadata['authorization_response_iss_parameter_supported']).toBe(true);
      }
    });

    it('C003 say what OpenID Connect and Message Signing need', () => {
      const { metadata } = suite().site;
      expect(metadata['scopes_supported']).toEqual(expect.arrayContaining(['openid', 'offline_access', 'accounts']));
      expect(metadata['subject_types_supported']).toEqual(['public']);
      expect(metadata['response_modes_supported']).toEqual(expect.arrayContaining(['query', 'jwt']));
      expect(metadata['claims_supported']).not.toEqual([]);
    });

    it('C004 name the strong algorithms, and no other, wherever any is named', () => {
      for (const { metadata } of sites()) {
        const lists = Object.entries(metadata as Record<string, unknown>).filter(([name]) =>
          name.endsWith('signing_alg_values_supported'),
        );
        const names = lists.map(([name]) => name.replace(/_signing_alg_values_supported$/, ''));
        expect(names).toEqual(
          expect.arrayContaining(['token_endpoint_auth', 'dpop', 'request_object', 'id_token', 'authorization']),
        );
        for (const [, algorithms] of lists) {
          expect(algorithms).not.toEqual([]);
          expect(STRONG).toEqual(expect.arrayContaining(algorithms as string[]));
        }
      }
    });

    it('C005 say that tokens are bound to certificates, and have aliases of root endpoints alone', () => {
      const { metadata } = suite().site;
      const { mtlsOrigin } = suite().operator;
      expect(metadata['tls_client_certificate_bound_access_tokens']).toBe(true);
      const aliases = Object.entries(metadata.mtls_endpoint_aliases ?? {});
      expect(aliases.map(([name]) => name)).toEqual(
        expect.arrayContaining(['token_endpoint', 'pushed_authorization_request_endpoint']),
      );
      for (const [name, url] of aliases) {
        expect(name).toMatch(/_endpoint$/);
        expect(metadata).toHaveProperty(name);
        expect(url).toSatisfy((each) => String(each).startsWith(`${mtlsOrigin}/`));
      }
      expect(metadata.mtls_endpoint_aliases).not.toHaveProperty('authorization_endpoint');
      const { metadata: other } = suite().other;
      expect(other['tls_client_certificate_bound_access_tokens']).toBe(true);
      expect(other).not.toHaveProperty('mtls_endpoint_aliases');
    });

    it('C006 publish keys that are long enough, each with a name of its own and nothing private', async () => {
      const { keys } = await jwksOf(suite().site);
      expect(keys.length).toBeGreaterThanOrEqual(2);
      expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
      for (const key of keys) {
        expect(key).toMatchObject({ kty: 'RSA', alg: 'PS256', use: 'sig', kid: expect.any(String) });
        expect(Buffer.from(String(key.n), 'base64url').length).toBeGreaterThanOrEqual(256);
        for (const member of PRIVATE) expect(key).not.toHaveProperty(member);
      }
    });

    it('C006 keep a key that was replaced until its tokens have ended, while the issuer runs on', async () => {
      const { site, operator, party, isActive } = suite();
      const before = await jwksOf(site);
      const { body } = await ask(party('jwt-dpop'));
      expect((await operator.holdfast('keys', 'rotate', '--now')).code).toBe(0);
      const kidsNow = async () => (await jwksOf(site)).keys.map(({ kid }) => kid);
      await vi.waitFor(async () => expect((await kidsNow()).length).toBe(before.keys.length + 1), { timeout: 5000 });
      expect(await kidsNow()).toEqual(expect.arrayContaining(before.keys.map(({ kid }) => kid)));
      const renewed = (await ask(party('jwt-dpop'))).body['access_token'];
      for (const token of [body['access_token'], renewed]) {
        const { protectedHeader } = await jwtVerify(String(token), createLocalJWKSet(await jwksOf(site)), {
          ...{ issuer: site.issuer, typ: 'at+jwt', algorithms: STRONG },
        });
        expect(protectedHeader.alg).toBe('PS256');
        expect(await isActive(token)).toBe(true);
      }
      const kidOf = (token: unknown) =>
        JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString());
      expect(kidOf(renewed)).not.toEqual(kidOf(body['access_token']));
    });
  });
}
