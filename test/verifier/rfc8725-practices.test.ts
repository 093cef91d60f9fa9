import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { base64url, breakSignature, type Members, makeKey } from './forge.ts';
import { METADATA, serveIssuer } from './issuer-server.ts';
import { verdict } from './rewritten.ts';
import { AUDIENCE, ISSUER, Scene } from './scene.ts';

/** JWTs that an issuer or a client of it signs, each with what marks it. */
const KINDS: readonly (readonly [kind: string, typ: string | undefined, claims: Members])[] = [
  ['a DPoP proof', 'dpop+jwt', {}],
  ['an access token', 'at+jwt', {}],
  ['an ID token', 'JWT', { nonce: 'n', auth_time: 1, at_hash: 'x' }],
  ['an ID token without typ', undefined, { nonce: 'n', auth_time: 1 }],
  ['a client assertion', 'client-authentication+jwt', { aud: ISSUER }],
  ['a client assertion of old', 'JWT', { aud: ISSUER }],
  ['a request object', 'oauth-authz-req+jwt', { response_type: 'code' }],
  ['an authorization response', 'JWT', { code: 'c', state: 's' }],
  ['an introspection response', 'token-introspection+jwt', { token_introspection: { active: true } }],
  ['a logout token', 'logout+jwt', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
  ['a security event', 'secevent+jwt', { events: {} }],
  ['a status list', 'statuslist+jwt', { status_list: { bits: 1, lst: '' } }],
  ['an entity statement', 'entity-statement+jwt', { jwks: { keys: [] } }],
];

describe('FAPI2-5.4.1-01: RFC 8725', () => {
  /*
   * The worst case: issuer and client sign by one key, and each JWT says all that a proof, a token and its own kind say.
   * Only its typ tells what it is.
   */
  const key = makeKey('ES256', 'issuer-1');
  const scene = new Scene({}, { issuer: key, client: key });
  const everything = { kid: key.kid, jwk: key.publicJwk };

  it.each(KINDS)('JOSE-8725-3.12-01, DPOP-11.5-01: %s stands in for no proof', async (kind, typ, claims) => {
    const token = scene.token();
    const more = Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== 'nonce'));
    const payload = {
      iss: ISSUER,
      sub: 'client-1',
      client_id: 'client-1',
      aud: AUDIENCE,
      exp: scene.now + 60,
      ...more,
    };
    const proof = await scene.proof(token, { header: { ...everything, typ }, payload });
    expect(await verdict(scene.send({ token, proof }))).toBe(kind === 'a DPoP proof' ? 'accepted' : 'proof_typ');
  });

  it.each(KINDS)('JOSE-8725-3.12-01, JOSE-8725-3.11-01: %s stands in for no token', async (kind, typ, claims) => {
    const payload = { htm: 'GET', htu: 'https://venue.example/orders', ath: 'x', ...claims, aud: [AUDIENCE, ISSUER] };
    const token = scene.token({ header: { ...everything, typ }, payload });
    expect(await verdict(scene.send({ token }))).toBe(kind === 'an access token' ? 'accepted' : 'token_typ');
  });

  it('JOSE-8725-3.12-01: one JWT is not proof and token at once', async () => {
    for (const typ of ['dpop+jwt', 'at+jwt']) {
      const both = await scene.proof('', { header: { ...everything, typ }, payload: { ath: undefined } });
      expect(['proof_typ', 'proof_claims']).toContain(await verdict(scene.send({ token: both, proof: both })));
    }
  });

  it.each(['ES256', 'PS256', 'Ed25519'] as const)(
    'JOSE-8725-3.3-01: refuses the whole request when one of its signatures fails: %s',
    async (alg) => {
      const signed = new Scene({}, { issuer: makeKey(alg, 'issuer-1'), client: makeKey(alg) });
      const token = signed.token();
      const proof = await signed.proof(token);
      expect(await verdict(signed.send({ token, proof: breakSignature(proof) }))).toBe('proof_signature');
      const broken = breakSignature(token);
      expect(await verdict(signed.send({ token: broken, proof: await signed.proof(broken) }))).toBe('token_signature');
      expect(await verdict(signed.send({ token, proof }))).toBe('accepted');
    },
  );

  it.each(['none', 'None', 'NONE', 'nOnE'])(
    'FAPI2-5.4.1-03: takes neither proof nor token unsigned, alg %s',
    async (alg) => {
      const unsigned = (jwt: string) => {
        const [header = '', payload] = jwt.split('.');
        const text = Buffer.from(header, 'base64url').toString().replace('"ES256"', `"${alg}"`);
        return `${base64url(text)}.${payload}.`;
      };
      const token = scene.token();
      expect(await verdict(scene.send({ token, proof: unsigned(await scene.proof(token)) }))).toBe('proof_alg');
      expect(await verdict(scene.send({ token: unsigned(token) }))).toBe('token_alg');
    },
  );
});

describe('RFC 8725 §3.10', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });

  it('JOSE-8725-3.10-01: a kid is a name of a key and nothing that is run, opened or called', async () => {
    const key = makeKey('ES256', 'issuer-1');
    await using server = await serveIssuer(certificates, [key]);
    const { issuer, fetch } = server;
    const scene = new Scene({ issuer, fetch, jwks: undefined as never }, { issuer: key });
    const kids = [
      '../../jwks',
      '/dev/null',
      `${issuer}/evil`,
      "' OR '1'='1",
      '$(id)',
      '__proto__',
      'constructor',
      '',
      '0',
    ];
    for (const kid of kids) {
      const token = { header: { kid }, payload: { iss: issuer } };
      expect([kid, await scene.code({ token })]).toEqual([kid, 'token_key_unknown']);
    }
    expect(server.asked).toEqual([METADATA, '/jwks']);
  });
});
