import { describe, expect, it } from 'vitest';
import { forgeText, makeKey, sha256 } from './forge.ts';
import { boundTo, Scene } from './scene.ts';

const certificate = Buffer.from('the DER of a certificate');

describe('public advisories and bugs of others, each tried here', () => {
  it('CVE-2024-49755 a stolen token with a proof of the attacker’s own key', async () => {
    const scene = new Scene();
    const stolen = scene.token();
    expect(await scene.code({ token: stolen, proof: { key: makeKey() } })).toBe('key_mismatch');
  });

  it.each(['ES256', 'PS256', 'Ed25519'] as const)(
    'CVE-2026-54431 DPOP-4.3-07 a proof that carries the private %s key',
    async (alg) => {
      const client = makeKey(alg);
      const scene = new Scene({}, { client });
      expect(await scene.code({ proof: { header: { jwk: client.privateJwk } } })).toBe('proof_jwk_private');
    },
  );

  it('DPOP-4.3-07 C075 a proof whose key is symmetric', async () => {
    const jwk = { kty: 'oct', k: 'AAAA' };
    expect(await new Scene().code({ proof: { header: { jwk } } })).toBe('proof_jwk_private');
  });

  it.each([
    'Client-Cert',
    'X-Forwarded-Client-Cert',
    'X-SSL-Client-Cert',
    'X_Forwarded_Client_Cert',
    'X-Client-Cert',
    'SSL_CLIENT_CERT',
  ])('CVE-2024-10039 GHSA-5m6w-wvh7-57vm C086 a forged certificate in %s', async (name) => {
    const scene = new Scene();
    const fields = [name, `:${certificate.toString('base64')}:`];
    expect(await scene.code({ scheme: 'Bearer', token: boundTo(certificate), fields })).toBe('certificate_missing');
    const mine = Buffer.from('mine');
    const attempt = { scheme: 'Bearer', token: boundTo(mine), certificate: mine };
    await expect(scene.send({ ...attempt, fields })).resolves.toBeDefined();
  });

  it('CVE-2024-45410 Connection that lists fields which a hop would drop', async () => {
    const scene = new Scene();
    const fields = ['Connection', 'DPoP, Authorization, Client-Cert'];
    expect(await scene.code({ proof: null, fields })).toBe('proof_missing');
  });

  it('CVE-2026-16093 a policy that an unverified header chooses: the key is the issuer’s, whatever the header brings', async () => {
    const thief = makeKey('ES256', 'thief');
    const scene = new Scene();
    const header = { jwk: thief.publicJwk, kid: scene.issuerKey.kid, iss: 'https://issuer.example' };
    expect(await scene.code({ token: { key: thief, header } })).toBe('token_signature');
  });

  it('keycloak#38333 DPOP-4.3-12 a proof for another token, by the right key', async () => {
    const scene = new Scene();
    const [mine, another] = [scene.token(), scene.token()];
    expect(await scene.code({ token: mine, proof: await scene.proof(another) })).toBe('proof_ath');
  });

  it.each([undefined, '', null, 7, 'x'])('DuendeSoftware/products#1291 DPOP-4.3-12 ath = %j', async (ath) => {
    expect(['proof_claims', 'proof_ath']).toContain(await new Scene().code({ proof: { payload: { ath } } }));
  });

  it('DPOP-4.3-12 C081 ath in other spellings of the right hash', async () => {
    const scene = new Scene();
    const token = scene.token();
    const digest = Buffer.from(sha256(token), 'base64url');
    const spellings = [
      digest.toString('hex'),
      `${sha256(token)}=`,
      sha256(sha256(token)),
      token,
      sha256(`DPoP ${token}`),
    ];
    if (digest.toString('base64') !== sha256(token)) spellings.push(digest.toString('base64'));
    for (const ath of spellings) expect(await scene.code({ token, proof: { payload: { ath } } })).toBe('proof_ath');
  });

  it('giantswarm/mcp-oauth#383 a DPoP-bound token as Bearer', async () => {
    const scene = new Scene();
    for (const proof of [null, {}]) expect(await scene.code({ scheme: 'Bearer', proof })).toBe('scheme_mismatch');
  });

  it('giantswarm/mcp-oauth#384 a proof by a key that nobody compares', async () => {
    const scene = new Scene();
    const jkt = makeKey().jkt;
    expect(await scene.code({ token: { payload: { cnf: { jkt } } } })).toBe('key_mismatch');
  });

  it('wso2/api-manager#4655 Abblix/Oidc.Server#159 a certificate-bound token without a certificate', async () => {
    expect(await new Scene().code({ scheme: 'Bearer', token: boundTo(certificate) })).toBe('certificate_missing');
  });

  it.each(['1e400', '-1e400', '"NaN"', 'null', '1e309'])('mcdonc/klangk#3272 iat: %s', async (iat) => {
    for (const nonce of ['required', 'off'] as const) {
      const scene = new Scene({ nonce });
      const token = scene.token();
      const [header = '', payload = ''] = (await scene.proof(token, { payload: { iat: 1 } })).split('.');
      const [headerText, payloadText] = [header, payload].map((part) => Buffer.from(part, 'base64url').toString());
      const text = payloadText?.replace('"iat":1,', `"iat":${iat},`) ?? '';
      expect(text).toContain(`"iat":${iat}`);
      expect(await scene.code({ token, proof: forgeText(scene.client, headerText ?? '', text) })).toBe('proof_claims');
    }
  });

  it('XukuLLC/attesto#18 the jti of one client does not burn that of another', async () => {
    const scene = new Scene();
    const thief = makeKey();
    const proof = { payload: { jti: 'shared' } };
    await scene.send({ proof: { ...proof, key: thief }, token: { payload: { cnf: { jkt: thief.jkt } } } });
    await expect(scene.send({ proof })).resolves.toBeDefined();
  });

  it('a token bound to both is refused when only one of them fits', async () => {
    const scene = new Scene();
    const cnf = { jkt: scene.client.jkt, 'x5t#S256': sha256(certificate) };
    const token = { payload: { cnf } };
    await expect(scene.send({ token, certificate })).resolves.toBeDefined();
    expect(await scene.code({ token, certificate: Buffer.from('other') })).toBe('certificate_mismatch');
    expect(await scene.code({ token, certificate, proof: { key: makeKey() } })).toBe('key_mismatch');
  });

  it('C085 a certificate that was renewed with the same key has another thumbprint', async () => {
    const renewed = Buffer.from('the DER of the renewed certificate');
    const attempt = { scheme: 'Bearer', token: boundTo(certificate), certificate: renewed };
    expect(await new Scene().code(attempt)).toBe('certificate_mismatch');
  });

  it('C082 unknown members and fields are ignored', async () => {
    const more = { header: { more: 1 }, payload: { more: { a: [1] } } };
    await expect(new Scene().send({ token: more, proof: more, fields: ['X-More', '1'] })).resolves.toBeDefined();
  });
});
