import { createHash } from 'node:crypto';
import { HoldfastError } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { claims, ISSUER, NOW, proofKey, VENUE } from './forge.ts';
import { createPeople, DESK, RIVAL } from './people.ts';
import { ask, expectInactive, SERVERS, SIGNED } from './questions.ts';
import { accessToken, FORMATS, signingKey } from './tokens.ts';

const CERTIFICATE = Buffer.from('a certificate as the TLS layer has it');
const BY_CERTIFICATE = {
  ...RIVAL,
  dpop_bound_access_tokens: false,
  tls_client_certificate_bound_access_tokens: true,
} as const;
const BY_BOTH = { ...BY_CERTIFICATE, dpop_bound_access_tokens: true };

const withCertificate = { client: 'rival', proof: 'none', request: { certificate: CERTIFICATE } } as const;
/** RFC 8705 §3.1 by hand. */
const x5t = createHash('sha256').update(CERTIFICATE).digest('base64url');

describe.each(FORMATS)('RFC 7662 §2.2 of a live token (%s)', (format) => {
  it('DPOP-6.2-01 DPOP-6.2-02 INTRO-2.2-01 says all that an access token says', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people, { scope: 'orders:read' });
    const { status, headers, body } = await ask(people, token);
    expect({ status, headers }).toEqual({
      status: 200,
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    });
    const jkt = createHash('sha256').update(canonical(proofKey.jwk)).digest('base64url');
    expect(body).toEqual({
      active: true,
      iss: ISSUER,
      sub: 'person-anna',
      aud: VENUE,
      client_id: 'trader',
      scope: 'orders:read',
      cnf: { jkt },
      token_type: 'DPoP',
      iat: NOW,
      exp: NOW + 300,
      jti: expect.any(String),
    });
  });

  it('INTRO-2.2-04 without its place in a status list, which is for those who do not ask', async () => {
    const clients = [{ ...DESK, access_token_format: format }];
    const people = await createPeople({ ...SERVERS, clients, status_list: { ttl: 30 } });
    const token = await accessToken(people);
    if (format === 'jwt') expect(claims(token)).toHaveProperty('status');
    const { body } = await ask(people, token);
    expect(body).toMatchObject({ active: true });
    expect(body).not.toHaveProperty('status');
  });

  it('MTLS-3.2-01 C048 has the hash of the certificate, the same as the token', async () => {
    const client = { ...BY_CERTIFICATE, access_token_format: format };
    const people = await createPeople({ ...SERVERS, clients: [DESK, client] });
    const { body: issued } = await people.redeem(
      await people.code({}, { client: 'rival', proof: 'none' }),
      {},
      withCertificate,
    );
    expect(issued).toMatchObject({ token_type: 'Bearer' });
    if (format === 'jwt') expect(claims(issued['access_token'])['cnf']).toEqual({ 'x5t#S256': x5t });
    const { body } = await ask(people, issued['access_token']);
    expect(body).toMatchObject({ active: true, token_type: 'Bearer', cnf: { 'x5t#S256': x5t } });
  });

  it('DPOP-6.2-01 MTLS-3.2-01 has both where the token is bound to both', async () => {
    const people = await createPeople({ ...SERVERS, clients: [DESK, { ...BY_BOTH, access_token_format: format }] });
    const code = await people.code({}, { client: 'rival' });
    const { body: issued } = await people.redeem(code, {}, { client: 'rival', request: { certificate: CERTIFICATE } });
    const { body } = await ask(people, issued['access_token']);
    expect(body).toMatchObject({ token_type: 'DPoP', cnf: { jkt: expect.any(String), 'x5t#S256': x5t } });
  });

  it('JIR-5-04 INTRO-2.2-04 has the scopes that mean something to who asks, and not those of the issuer', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people, { scope: 'orders:read openid offline_access' });
    const { body } = await ask(people, token);
    expect(body).toMatchObject({ active: true, scope: 'orders:read', aud: [VENUE, ISSUER] });
  });

  it('INTRO-2.1-02 is found whatever token_type_hint says', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people);
    for (const hint of ['access_token', 'refresh_token', 'id_token', 'nonsense', '']) {
      const { body } = await ask(people, token, { form: { token_type_hint: hint } });
      expect({ hint, active: body['active'] }).toEqual({ hint, active: true });
    }
  });

  it('INTRO-4-02 INTRO-2.2-02 INTRO-2.2-03 is over to the second', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people);
    people.now = NOW + 299;
    expect((await ask(people, token)).body).toMatchObject({ active: true });
    people.now = NOW + 300;
    await expectInactive(people, token);
    people.now = NOW + 86_400;
    await expectInactive(people, token);
  });

  it('INTRO-4-02 has not begun where the clock was set back', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people);
    people.now = NOW - 10;
    expect((await ask(people, token)).body).toMatchObject({ active: true });
    people.now = NOW - 62;
    await expectInactive(people, token);
  });

  it('INTRO-4-02 INTRO-2.2-02 INTRO-2.2-03 JIR-3-02 is nobody else’s business', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people, { scope: 'orders:read openid' });
    await expectInactive(people, token, { by: 'reports-server' });
  });

  it('INTRO-4-02 INTRO-2.2-02 ends when it is revoked', async () => {
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] });
    const token = await accessToken(people);
    expect((await people.send('revoke', { form: { token } })).status).toBe(200);
    await expectInactive(people, token);
  });

  it('INTRO-4-02 INTRO-2.1-04 ends with its client', async () => {
    const [store, signing_keys] = [memoryStore({ clock: () => NOW * 1000 }), [signingKey]];
    const opaque = { ...DESK, access_token_format: format };
    const before = await createPeople({ ...SERVERS, signing_keys, clients: [opaque, RIVAL] }, { store });
    const token = await accessToken(before);
    expect((await ask(before, token)).body).toMatchObject({ active: true });
    const after = await createPeople({ ...SERVERS, signing_keys, clients: [RIVAL] }, { store });
    await expectInactive(after, token);
  });

  it('is not called inactive when nobody can tell', async () => {
    let isDown = false;
    const inner = memoryStore({ clock: () => NOW * 1000 });
    const store = {
      add: inner.add,
      take: inner.take,
      get(key: string) {
        if (isDown) throw new HoldfastError('store_unavailable');
        return inner.get(key);
      },
    };
    const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: format }] }, { store });
    const token = await accessToken(people);
    isDown = true;
    for (const accept of ['application/json', SIGNED]) {
      const { status, body } = await ask(people, token, { accept });
      expect({ status, error: body['error'] }).toEqual({ status: 503, error: 'temporarily_unavailable' });
      expect(body).not.toHaveProperty('active');
    }
  });
});

/** RFC 7638 §3.2 by hand. */
function canonical({ crv, kty, x, y }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ crv, kty, x, y });
}
