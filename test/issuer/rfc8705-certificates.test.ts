import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { certificate, selfSignClient } from './certificates.ts';
import { assertion, claims, MTLS, proof, proofKey } from './forge.ts';
import { type Attempt, createScene, expectRefusal, expectToken, TRADER } from './scene.ts';

const now = new Date();
const own = await selfSignClient({ commonName: 'self', now, days: 1 });
const another = await selfSignClient({ commonName: 'self', now, days: 1 });
const pki = await certificate({ subject: [{ CN: 'pki' }] });

const jwk = (pem: string) => new X509Certificate(pem).publicKey.export({ format: 'jwk' });
const x5c = (der: Uint8Array) => [Buffer.from(der).toString('base64')];
/** RFC 8705 §3.1 by hand. */
const x5t = (der: Uint8Array) => createHash('sha256').update(der).digest('base64url');

const SELF = {
  client_id: 'self',
  token_endpoint_auth_method: 'self_signed_tls_client_auth',
  jwks: { keys: [{ ...jwk(own.certificate), x5c: x5c(own.der) }] },
  scope: 'orders:read',
} as const;
const PKI = {
  client_id: 'pki',
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_subject_dn: 'CN=pki',
  scope: 'orders:read',
} as const;
const NEIGHBOUR = { ...PKI, client_id: 'neighbour', tls_client_auth_subject_dn: 'CN=neighbour' };

const scene = await createScene({ clients: [SELF, PKI, NEIGHBOUR, TRADER] });
const as = (client: string, attempt: Attempt = {}) =>
  scene.send({ ...attempt, form: { client_id: client, ...attempt.form } });
const refused = async (client: string, attempt: Attempt, code: string) =>
  expectRefusal(await as(client, attempt), 'invalid_client', code);

describe('RFC 8705 §2.1 a certificate of an accepted authority', () => {
  const trusted = { certificate: pki, certificateTrusted: true };

  it('MTLS-2.1-01 C017 authenticates its client', async () => void expectToken(await as('pki', trusted)));

  it('MTLS-2-02 not without client_id', async () => {
    expectRefusal(await scene.send(trusted), 'invalid_client', 'client_unauthenticated');
  });

  it('MTLS-2-01 MTLS-2-04 without a certificate there is no authentication', async () => {
    await refused('pki', {}, 'client_certificate_missing');
    await refused('pki', { certificateTrusted: true }, 'client_certificate_missing');
  });

  it('MTLS-2.1-01 a chain that was not validated does not count, nor one of which nothing is known', async () => {
    await refused('pki', { certificate: pki, certificateTrusted: false }, 'client_certificate_untrusted');
    await refused('pki', { certificate: pki }, 'client_certificate_untrusted');
    for (const truthy of [1, 'true', {}]) {
      const certificateTrusted = truthy as unknown as boolean;
      await refused('pki', { certificate: pki, certificateTrusted }, 'client_certificate_untrusted');
    }
  });

  it('MTLS-2.1-01 is read whenever it is another one than before', async () => {
    const shown = (der: Uint8Array) => ({ certificate: der, certificateTrusted: true });
    const [renewed, foreign] = [await certificate({ subject: [{ CN: 'pki' }] }), own.der];
    for (const der of [pki, renewed, pki]) {
      expectToken(await as('pki', shown(der)));
      await refused('pki', shown(foreign), 'client_certificate_mismatch');
    }
  });

  it('MTLS-2-03 is no authentication of another client', async () => {
    await refused('neighbour', trusted, 'client_certificate_mismatch');
    await refused('self', trusted, 'client_certificate_mismatch');
    await refused('trader', trusted, 'client_unauthenticated');
    await refused('nobody', trusted, 'client_unknown');
  });
});

describe('RFC 8705 §2.2 the very certificate that was registered', () => {
  it('MTLS-2.2-01 authenticates whether or not a chain was validated', async () => {
    for (const certificateTrusted of [true, false]) {
      expectToken(await as('self', { certificate: own.der, certificateTrusted }));
    }
  });

  it('MTLS-2-04 MTLS-2.2-01 no other: not one of the same name, not a part, not one octet more', async () => {
    const longer = Buffer.concat([own.der, Buffer.from([0])]);
    const changed = Buffer.from(own.der);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const other of [another.der, longer, changed, own.der.subarray(0, -1), own.der.subarray(0, 0), pki]) {
      await refused('self', { certificate: other }, 'client_certificate_mismatch');
    }
    await refused('self', {}, 'client_certificate_missing');
  });

  it('MTLS-2.2-01 any of several registered ones, but not a key without certificate', async () => {
    const both = [...SELF.jwks.keys, { ...jwk(another.certificate), x5c: x5c(another.der) }, keys.ES256.jwk];
    const several = await createScene({ clients: [{ ...SELF, jwks: { keys: both } }] });
    const send = (der: Uint8Array) => several.send({ form: { client_id: 'self' }, certificate: der });
    expectToken(await send(own.der));
    expectToken(await send(another.der));
    expectRefusal(await send(pki), 'invalid_client', 'client_certificate_mismatch');
  });

  it('MTLS-2.2.2-01 only the first certificate of x5c', async () => {
    const chain = { ...jwk(own.certificate), x5c: [...x5c(own.der), ...x5c(another.der)] };
    const scene = await createScene({ clients: [{ ...SELF, jwks: { keys: [chain] } }] });
    const answer = await scene.send({ form: { client_id: 'self' }, certificate: another.der });
    expectRefusal(answer, 'invalid_client', 'client_certificate_mismatch');
  });

  it('an assertion by the key of the certificate does not replace the handshake', async () => {
    const payload = { iss: 'self', sub: 'self' };
    await refused(
      'self',
      { assertion: assertion({ payload }), certificate: own.der },
      'client_authentication_unsupported',
    );
  });
});

describe('RFC 8705 §3 binding', () => {
  const asPki = { certificate: pki, certificateTrusted: true, form: { client_id: 'pki' } } as const;
  const withProof = async () => proof({ payload: { nonce: await scene.nonce() } });
  const at = async (changes: object, attempt: Attempt, client: object = PKI) =>
    (await createScene({ clients: [{ ...client, ...changes }], dpop_nonce: 'off' })).send(attempt);
  const bound = { tls_client_certificate_bound_access_tokens: true };
  const both = { ...bound, dpop_bound_access_tokens: true };

  it('MTLS-3.1-01 MTLS-3.1-02 C048 C056 without a proof: x5t#S256 of the certificate and token_type Bearer', async () => {
    for (const [client, der] of [
      ['pki', pki],
      ['self', own.der],
    ] as const) {
      const answer = await as(client, { certificate: der, certificateTrusted: true });
      expect(claims(expectToken(answer))['cnf']).toEqual({ 'x5t#S256': x5t(der) });
      expect(answer.body['token_type']).toBe('Bearer');
      expect(answer.headers).not.toHaveProperty('DPoP-Nonce');
    }
  });

  it('FAPI2-5.3.2.1-05 C056 with a proof: jkt and token_type DPoP', async () => {
    const answer = await scene.send({ ...asPki, proof: await withProof() });
    expect(Object.keys(claims(expectToken(answer))['cnf'] as object)).toEqual(['jkt']);
    expect(answer.body['token_type']).toBe('DPoP');
  });

  it('C049 MTLS-3.4-01 a client that registered for it gets no token without certificate, proof or not', async () => {
    for (const attempt of [{ assertion: assertion() }, { assertion: assertion(), proof: proof() }]) {
      expectRefusal(await at(bound, attempt, TRADER), 'invalid_request', 'binding_missing');
    }
  });

  it('C056 private_key_jwt with a certificate that nobody vouches for: it is bound to it', async () => {
    const answer = await at(bound, { assertion: assertion(), certificate: own.der }, TRADER);
    expect(claims(expectToken(answer))['cnf']).toEqual({ 'x5t#S256': x5t(own.der) });
    const free = await scene.send({ assertion: assertion(), certificate: another.der });
    expect(claims(expectToken(free))['cnf']).toEqual({ 'x5t#S256': x5t(another.der) });
  });

  it('MTLS-3.4-01 a client that registered for both gets both members or nothing', async () => {
    const answer = await at(both, { ...asPki, proof: proof() });
    expect(claims(expectToken(answer))['cnf']).toEqual({ jkt: expect.any(String), 'x5t#S256': x5t(pki) });
    expect(answer.body['token_type']).toBe('DPoP');
    expectRefusal(await at(both, asPki), 'invalid_dpop_proof', 'proof_missing');
    expectRefusal(
      await at(both, { assertion: assertion(), proof: proof() }, TRADER),
      'invalid_request',
      'binding_missing',
    );
  });

  it('MTLS-3.4-01 a certificate-bound client that sends a proof is bound to both', async () => {
    const answer = await at(bound, { ...asPki, proof: proof() });
    expect(Object.keys(claims(expectToken(answer))['cnf'] as object).sort()).toEqual(['jkt', 'x5t#S256']);
  });

  it('a bad proof is refused even where a certificate would do', async () => {
    const bad = proof({ key: proofKey, payload: { htm: 'GET' } });
    expectRefusal(await scene.send({ ...asPki, proof: bad }), 'invalid_dpop_proof', 'proof_htm');
    expectRefusal(await scene.send({ ...asPki, proof: '' }), 'invalid_dpop_proof', 'proof_malformed');
  });
});

describe('C051 CVE-2024-10039 a certificate in a header is nobody', () => {
  const pem = encodeURIComponent(own.certificate);
  const der = Buffer.from(own.der).toString('base64');

  it.each([
    ['Client-Cert', `:${der}:`],
    ['Client-Cert-Chain', `:${der}:`],
    ['X-SSL-Cert', pem],
    ['X-Ssl-Client-Cert', pem],
    ['SSL-Client-Cert', pem],
    ['X-Forwarded-Client-Cert', `Cert="${pem}"`],
    ['X-Forwarded-Tls-Client-Cert', der],
    ['X_Forwarded_Client_Cert', `Cert="${pem}"`],
    ['X-Client-Verify', 'SUCCESS'],
    ['X-SSL-Client-Verify', 'SUCCESS'],
  ])('%s', async (name, value) => {
    const headers = [name, value];
    await refused('self', { headers, origin: MTLS }, 'client_certificate_missing');
    await refused('self', { headers, certificate: another.der, origin: MTLS }, 'client_certificate_mismatch');
    await refused('pki', { headers, certificate: pki, origin: MTLS }, 'client_certificate_untrusted');
  });
});
