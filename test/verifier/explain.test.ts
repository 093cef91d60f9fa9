import type { Finding } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { breakSignature, makeKey } from './forge.ts';
import { boundTo, Scene } from './scene.ts';

/** The checks that did not pass, with their code. */
function faults(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(
    findings.filter(({ verdict }) => verdict !== 'passed').map(({ check, verdict, code }) => [check, code ?? verdict]),
  );
}

describe('explain', () => {
  it('finds nothing wrong with what verify accepts, and uses up nothing', async () => {
    const scene = new Scene();
    const message = await scene.message();
    const findings = await scene.verifier.explain(message, { scope: ['orders:read'] });
    expect(faults(findings)).toEqual({});
    expect(findings.map(({ section }) => section)).toEqual([
      'RFC 9449 §7.1, RFC 6750 §2.1',
      'RFC 9110 §7.1',
      'RFC 9449 §4.3 (1)',
      'RFC 9449 §4.3 (2)',
      'RFC 9449 §4.3 (4), (5), (7)',
      'RFC 9449 §4.3 (3)',
      'RFC 9449 §4.3 (8)',
      'RFC 9449 §4.3 (9)',
      'RFC 9449 §4.3 (12)',
      'RFC 9449 §4.3 (10), (11)',
      'RFC 9449 §4.3 (6)',
      ...Array(6).fill('RFC 9068 §4'),
      'RFC 9068 §2.2',
      'RFC 9449 §6, RFC 8705 §3.1',
      'RFC 9068 §4, RFC 7662 §2.2',
      'RFC 9449 §4.3 (12), RFC 8705 §3',
      'RFC 6750 §3.1',
      'RFC 9396 §9',
    ]);
    await scene.verifier.verify(message, { scope: ['orders:read'] });
  });

  it('names everything that is wrong, not only what verify would stop at', async () => {
    const scene = new Scene();
    const payload = { htm: 'PUT', htu: 'https://other.example/', ath: 'x', nonce: 'x' };
    const proof = breakSignature(await scene.proof(scene.token(), { payload }));
    const token = scene.token({ payload: { aud: 'urn:other', exp: 1 } });
    const message = await scene.message({ token, proof });
    expect(faults(await scene.verifier.explain(message, { scope: ['admin'] }))).toEqual({
      'htm is the method': 'proof_htm',
      'htu is the URI': 'proof_htu',
      'ath is the hash of the token': 'proof_ath',
      'recent, by nonce or iat': 'nonce_stale',
      'the signature': 'proof_signature',
      'aud names this resource': 'token_audience',
      'exp, iat and nbf': 'token_expired',
      'the issuer vouches for the token, and it was not revoked': 'token_audience',
      'the token is bound to this key or certificate': 'unchecked',
      'the scopes that are needed': 'unchecked',
      'the authorization_details that are needed': 'unchecked',
    });
  });

  it('leaves out what a certificate-bound token does not need', async () => {
    const scene = new Scene();
    const certificate = Buffer.from('own');
    const good = await scene.message({ scheme: 'Bearer', token: boundTo(certificate), certificate });
    expect(faults(await scene.verifier.explain(good))).toEqual({});
    expect(faults(await scene.verifier.explain({ ...good, certificate: Buffer.from('other') }))).toEqual({
      'the token is bound to this key or certificate': 'certificate_mismatch',
    });
  });

  it('says of a request without anything that there is nothing', async () => {
    const findings = await new Scene().verifier.explain({ method: 'GET', target: '/', headers: [] });
    expect(findings[0]).toMatchObject({ verdict: 'failed', code: 'credentials_missing' });
    expect(findings.slice(1).every(({ verdict }) => verdict === 'unchecked')).toBe(true);
  });

  it.each(['DPoP', 'DPoP a.b.c', 'Bearer a.b.c', 'DPoP opaque'])(
    'never throws, and tells no value: Authorization %s',
    async (authorization) => {
      const scene = new Scene();
      for (const proof of ['', 'garbage-in-a-proof', 'Z2FyYmFnZQ.Z2FyYmFnZQ.Z2FyYmFnZQ', await scene.proof('x')]) {
        const headers = ['Authorization', authorization, 'DPoP', proof];
        const findings = await scene.verifier.explain({ method: 'GET', target: '//evil', headers });
        expect(findings.some(({ verdict }) => verdict === 'failed')).toBe(true);
        expect(JSON.stringify(findings)).not.toMatch(/garbage|Z2Fy|evil/);
      }
    },
  );

  it('agrees with verify on what is wrong', async () => {
    const scene = new Scene();
    const attempts = [
      { proof: null },
      { proof: { header: { typ: 'JWT' } } },
      { proof: { key: makeKey() } },
      { proof: { payload: { jti: 7 } } },
      { token: { payload: { cnf: undefined } } },
      { token: { header: { typ: 'JWT' } } },
      { scheme: 'Basic' },
      { fields: ['DPoP', 'x'] },
    ];
    for (const attempt of attempts) {
      const message = await scene.message(attempt);
      const codes = (await scene.verifier.explain(message)).map(({ code }) => code);
      expect(codes).toContain(await scene.code(message));
    }
  });

  it('rejects what it cannot explain, and does not call a requirement met that nobody reads', async () => {
    const scene = new Scene();
    const message = await scene.message();
    for (const requirement of ['orders:admin', { scopes: ['orders:admin'] }, null]) {
      await expect(scene.verifier.explain(message, requirement as never)).rejects.toThrow(TypeError);
    }
    scene.clock.now = Number.NaN;
    await expect(scene.verifier.explain(message)).rejects.toThrow(TypeError);
  });
});
