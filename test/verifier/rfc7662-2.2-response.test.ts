import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type Members, makeKey, sha256 } from './forge.ts';
import { IntrospectionScene } from './introspection-scene.ts';
import { AUDIENCE, boundTo } from './scene.ts';

let certificates: Certificates;
let scene: IntrospectionScene;

beforeAll(async () => {
  certificates = await makeCertificates();
  scene = await IntrospectionScene.open(certificates);
  return () => scene[Symbol.asyncDispose]();
});

const own = Buffer.from('own');
const bound = boundTo(own).payload as Members;

describe('RFC 7662 §2.2 an active token', () => {
  it('DPOP-6-01: is taken with a proof by the key that the answer names', async () => {
    const claims = { sub: 'trader-1', iat: scene.now - 5, iss: scene.server.issuer, roles: { desk: ['equities'] } };
    const token = scene.issue({ ...claims, token_type: 'DPoP', authorization_details: [{ type: 'account' }] });
    expect(await scene.send({ token })).toMatchObject({
      issuer: scene.server.issuer,
      clientId: 'client-1',
      subject: 'trader-1',
      scope: ['orders:read', 'orders:write'],
      authorizationDetails: [{ type: 'account' }],
      confirmation: { jkt: scene.client.jkt },
      expiresAt: scene.now + 300,
      claims: scene.known.get(token),
    });
    expect(await scene.code({ token, proof: { key: makeKey() } })).toBe('key_mismatch');
    expect(await scene.code({ token, scheme: 'Bearer' })).toBe('scheme_mismatch');
    expect(await scene.code({ token, proof: null })).toBe('proof_missing');
    expect(await scene.code({ token }, { scope: ['admin'] })).toBe('scope_insufficient');
  });

  it('MTLS-3.2-01 MTLS-3.2-02 MTLS-3-03: is taken with the certificate that the answer names', async () => {
    const token = scene.issue({ ...bound, token_type: 'Bearer' });
    const attempt = { scheme: 'Bearer', token, certificate: own };
    expect(await scene.send(attempt)).toMatchObject({ confirmation: { 'x5t#S256': sha256(own) } });
    expect(await scene.code({ ...attempt, certificate: Buffer.from('other') })).toBe('certificate_mismatch');
    expect(await scene.code({ scheme: 'Bearer', token })).toBe('certificate_missing');
    expect(await scene.code({ token })).toBe('scheme_mismatch');
  });

  it('needs both where the answer names both', async () => {
    const token = scene.issue({ cnf: { ...(bound['cnf'] as object), jkt: scene.client.jkt }, token_type: 'DPoP' });
    await scene.send({ token, certificate: own });
    expect(await scene.code({ token })).toBe('certificate_missing');
    expect(await scene.code({ token, proof: { key: makeKey() }, certificate: own })).toBe('key_mismatch');
  });

  it('is its own subject where the answer names none, and the claims stay what the issuer said', async () => {
    const token = scene.issue();
    const access = await scene.send({ token });
    expect(access.subject).toBe('client-1');
    expect(access.claims).toEqual(scene.known.get(token));
    expect(() => Object.assign(access.claims, { sub: 'somebody' })).toThrow(TypeError);
  });

  it('is refused with a proof whose signature is not by that key, and with one that was used', async () => {
    const token = scene.issue();
    const message = await scene.message({ token });
    await scene.verifier.verify(message);
    expect(await scene.code(message)).toBe('proof_replayed');
  });
});

const CLAIMS: readonly [string, (now: number) => Members, string][] = [
  ['no exp', () => ({ exp: undefined }), 'token_claims'],
  ['exp as a string', (now) => ({ exp: String(now + 60) }), 'token_claims'],
  ['exp now', (now) => ({ exp: now }), 'token_expired'],
  ['no aud', () => ({ aud: undefined }), 'token_claims'],
  ['another aud', () => ({ aud: 'urn:other' }), 'token_audience'],
  ['aud with something else than strings', () => ({ aud: [AUDIENCE, 7] }), 'token_claims'],
  ['no client_id', () => ({ client_id: undefined }), 'token_claims'],
  ['an empty client_id', () => ({ client_id: '' }), 'token_claims'],
  ['an empty sub', () => ({ sub: '' }), 'token_claims'],
  ['sub null', () => ({ sub: null }), 'token_claims'],
  ['another iss', () => ({ iss: 'https://other.example' }), 'token_issuer'],
  ['iss null', () => ({ iss: null }), 'token_issuer'],
  ['iat as a string', () => ({ iat: '1' }), 'token_claims'],
  ['iat ahead', (now) => ({ iat: now + 11 }), 'token_not_yet_valid'],
  ['nbf ahead', (now) => ({ nbf: now + 11 }), 'token_not_yet_valid'],
  ['scope as a list', () => ({ scope: ['orders:read'] }), 'token_claims'],
  ['authorization_details that are no list', () => ({ authorization_details: {} }), 'token_claims'],
  ['no cnf', () => ({ cnf: undefined }), 'token_unbound'],
  ['an empty cnf', () => ({ cnf: {} }), 'token_unbound'],
  ['cnf null', () => ({ cnf: null }), 'confirmation_unknown'],
  ['a member of cnf that is unknown', () => ({ cnf: { jkt: 'A'.repeat(43), kid: '1' } }), 'confirmation_unknown'],
  ['jkt outside cnf', () => ({ cnf: undefined, jkt: 'A'.repeat(43) }), 'token_unbound'],
  ['token_type Bearer with a jkt', () => ({ token_type: 'Bearer' }), 'token_claims'],
  ['token_type DPoP without a jkt', () => ({ token_type: 'DPoP', ...bound }), 'token_claims'],
  ['another token_type', () => ({ token_type: 'refresh_token' }), 'token_claims'],
  ['token_type null', () => ({ token_type: null }), 'token_claims'],
];

describe('RFC 7662 §2.2 what an active answer has to say', () => {
  it.each(CLAIMS)('JIR-8.1-02: %s is refused', async (_what, claims, code) => {
    expect(await scene.refusal({ token: scene.issue(claims(scene.now)) })).toMatchObject({ code, status: 401 });
  });

  it.each(['DPoP', 'dpop', 'DPOP'])('DPOP-6.2-02: token_type %s is that of a key', async (token_type) => {
    await scene.send({ token: scene.issue({ token_type }) });
  });

  it('takes an audience among others, and times within the leeway', async () => {
    await scene.send({
      token: scene.issue({ aud: ['urn:other', AUDIENCE], iat: scene.now + 10, nbf: scene.now + 10 }),
    });
  });

  it('keeps a refresh token out, of which issuers say that it is active, too', async () => {
    const token = scene.issue({ aud: undefined, token_type: undefined, iat: scene.now, iss: scene.server.issuer });
    expect(await scene.refusal({ token })).toMatchObject({ code: 'token_claims', detail: 'aud' });
  });
});

describe('RFC 7662 §2.2 an inactive token', () => {
  it.each([false, 'true', 1, null, {}, [true]])('INTRO-2.2-01: active %j is inactive', async (active) => {
    const refusal = await scene.refusal({ token: scene.issue({ active }) });
    expect(refusal).toMatchObject({ code: 'token_inactive', status: 401, error: 'invalid_token' });
    expect(refusal.headers['WWW-Authenticate']).toMatch(/^DPoP error="invalid_token"/);
  });

  it('is one that the issuer does not know', async () => {
    expect(await scene.code({ token: 'unknown' })).toBe('token_inactive');
  });
});
