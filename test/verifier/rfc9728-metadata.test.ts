import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge-parser.ts';
import { AUDIENCE, ORIGIN, Scene } from './scene.ts';
import { openVenue } from './venue-client.ts';

const metadataOf = (options: ConstructorParameters<typeof Scene>[0] = {}) =>
  new Scene({ metadata: {}, ...options }).verifier.metadata;

describe('RFC 9728', () => {
  it.each([
    [ORIGIN, AUDIENCE, ORIGIN],
    [ORIGIN, ORIGIN, ORIGIN],
    [ORIGIN, `${ORIGIN}/v1`, `${ORIGIN}/v1`],
    [ORIGIN, `${ORIGIN}/#orders`, ORIGIN],
    [ORIGIN, `${ORIGIN}.evil.example`, ORIGIN],
    [ORIGIN, 'https://other.example/', ORIGIN],
    [`${ORIGIN}/v1`, AUDIENCE, `${ORIGIN}/v1`],
  ])('PRM-2-01: at %s with the audience %s the resource is %s', (origin, audience, resource) => {
    const { document } = metadataOf({ origin, audience }) ?? {};
    expect(document).toMatchObject({ resource });
    expect(document?.['resource']).toMatch(/^https:\/\/[^#]+$/);
  });

  it.each([
    [ORIGIN, '/.well-known/oauth-protected-resource'],
    [`${ORIGIN}/v1`, '/.well-known/oauth-protected-resource/v1'],
    [`${ORIGIN}/v1/orders`, '/.well-known/oauth-protected-resource/v1/orders'],
    [`${ORIGIN}/v1?desk=7`, '/.well-known/oauth-protected-resource/v1?desk=7'],
  ])('PRM-3-01: of %s is at %s', (audience, path) => {
    expect(metadataOf({ audience })).toMatchObject({ path, url: ORIGIN + path });
  });

  it('PRM-2-02: says which bindings and algorithms are taken', () => {
    expect(metadataOf({ algorithms: ['ES256'] })?.document).toMatchObject({
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256'],
      tls_client_certificate_bound_access_tokens: true,
    });
  });

  it('PRM-2-03: names no keys and no algorithm of the resource, which signs nothing: neither none nor http', () => {
    const members = Object.keys(metadataOf({ metadata: { resource_name: 'Venue' } })?.document ?? {});
    expect(members).toContain('resource');
    expect(members.filter((member) => /^jwks|signing_alg_values_supported$|encryption/.test(member))).toEqual([
      'dpop_signing_alg_values_supported',
    ]);
  });

  it('PRM-2-04: says what it was given to say, and cannot be made to say another resource', () => {
    const scopes_supported = ['orders:read'];
    const forged = { resource: 'https://evil.example' };
    const metadata = { scopes_supported, resource_name: 'Venue', resource_policy_uri: 'https://venue.example/p' };
    expect(metadataOf({ metadata })?.document).toMatchObject({ ...metadata, resource: ORIGIN });
    expect(() => metadataOf({ metadata: { ...metadata, ...forged } })).toThrow(TypeError);
  });

  it('PRM-3.2-01: is JSON with status 200 for everybody, without what is empty', async () => {
    const metadata = { scopes_supported: [], resource_name: 'Venue', authorization_details_types_supported: [] };
    const scene = new Scene({ metadata });
    await using venue = await openVenue(scene);
    const reply = await venue.send({ path: '/.well-known/oauth-protected-resource', credentials: 'none' });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^application\/json\b/),
    ]);
    const document = await reply.json();
    expect(document).toEqual(scene.verifier.metadata?.document);
    expect(document).toMatchObject({ resource: ORIGIN, resource_name: 'Venue' });
    const empty = Object.values(document as object).filter((value) =>
      ['null', '""', '[]', '{}'].includes(JSON.stringify(value)),
    );
    expect(empty).toEqual([]);
  });

  it('PRM-5.1-01: every challenge says where it is', async () => {
    const scene = new Scene({ metadata: {} });
    const resource_metadata = `${ORIGIN}/.well-known/oauth-protected-resource`;
    const none = { method: 'GET', target: '/orders', headers: [] };
    for (const attempt of [none, { proof: null }, { scheme: 'Bearer' }, { scheme: 'Basic' }]) {
      const field = (await scene.refusal(attempt)).headers['WWW-Authenticate'] ?? '';
      const dpop = parseChallenges(field).find(({ scheme }) => scheme === 'DPoP');
      expect(dpop?.parameters).toMatchObject({ resource_metadata });
    }
  });

  it('is not spoken of where there is none', async () => {
    expect(new Scene().verifier.metadata).toBeUndefined();
    expect((await new Scene().refusal({ proof: null })).headers['WWW-Authenticate']).not.toContain('resource_metadata');
  });
});
