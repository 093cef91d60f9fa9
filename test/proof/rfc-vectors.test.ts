import { createPublicKey } from 'node:crypto';
import {
  ath,
  importPublicJwk,
  readConfirmation,
  readJws,
  readProof,
  readPublicJwk,
  thumbprint,
  verifySignature,
  x5tS256,
} from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import rfc7515 from '../vectors/rfc7515.json' with { type: 'json' };
import rfc7638 from '../vectors/rfc7638.json' with { type: 'json' };
import rfc8037 from '../vectors/rfc8037.json' with { type: 'json' };
import rfc8705 from '../vectors/rfc8705.json' with { type: 'json' };
import rfc9449 from '../vectors/rfc9449.json' with { type: 'json' };
import { ALL, judge, outcome, verdict } from './judge.ts';

describe('RFC 9449', () => {
  it.each(rfc9449.proofs)('DPOP-4.3-06 the proof of $figure verifies', ({ proof, htm, htu, payload }) => {
    const freshness = { now: payload.iat + 5, maxAge: 60, skew: 10 };
    const accessToken = payload.ath === undefined ? undefined : rfc9449.accessToken;
    const verified = judge(proof, { htm, htu, freshness, accessToken });
    expect(verified).toMatchObject({
      ...payload,
      sender: { alg: 'ES256' },
      jkt: rfc9449.jkt,
      acceptableUntil: payload.iat + 60,
    });
  });

  it('DPOP-4.3-12 ath of figure 13', () => {
    expect(ath(rfc9449.accessToken)).toBe(rfc9449.ath);
  });

  it('DPOP-6.1-01 cnf.jkt of figure 9 is the thumbprint of the key in the proofs', () => {
    const key = readPublicJwk(rfc9449.key, 'ES256');
    expect(readConfirmation(rfc9449.confirmation).jkt).toBe(thumbprint(key));
  });

  it('DPOP-11.5-01 the bound access token of figure 8 is no proof', () => {
    expect(verdict(rfc9449.boundToken)).toBe('proof_typ');
  });
});

describe('RFC 7638', () => {
  it('JKT-3-01 the thumbprint of section 3.1', () => {
    const { e, n } = rfc7638.jwk;
    expect(thumbprint({ kty: 'RSA', e, n })).toBe(rfc7638.thumbprint);
  });

  it('JKT-3.2-01 alg and kid of section 3.1 do not enter', () => {
    const key = readPublicJwk({ ...rfc7638.jwk, alg: 'PS256' }, 'PS256');
    expect(thumbprint(key)).toBe(rfc7638.thumbprint);
  });
});

describe('RFC 8037', () => {
  const key = readPublicJwk(rfc8037.publicJwk, 'EdDSA');

  it('JKT-8037-2-01 the thumbprint of A.3', () => {
    expect(thumbprint(key)).toBe(rfc8037.thumbprint);
  });

  it('JKT-8037-2-01 the private key of A.1 is refused where a public one belongs', () => {
    expect(outcome(() => readPublicJwk(rfc8037.privateJwk, 'EdDSA'))).toBe('proof_jwk_private');
  });

  it('JKT-8037-3.1-01 the signature of A.4 verifies, under both names of the algorithm', () => {
    const [header, payload, signature = ''] = rfc8037.jws.split('.');
    const octets = Buffer.from(signature, 'base64url');
    for (const alg of ['EdDSA', 'Ed25519'] as const) {
      expect(verifySignature(alg, importPublicJwk(key), `${header}.${payload}`, octets)).toBe(true);
      expect(verifySignature(alg, importPublicJwk(key), `${header}.${payload}x`, octets)).toBe(false);
    }
  });
});

describe('RFC 7515', () => {
  it('JOSE-7518-3.4-01 the ES256 signature of A.3 verifies', () => {
    const { signingInput, signature } = readJws(rfc7515.es256.jws, 'token_malformed');
    const key = importPublicJwk(readPublicJwk(rfc7515.es256.jwk, 'ES256'));
    expect(verifySignature('ES256', key, signingInput, signature)).toBe(true);
  });

  it.each(['hs256', 'rs256', 'none'] as const)('DPOP-11.6-01 the JWS of appendix A by %s is no proof', (name) => {
    expect(outcome(() => readProof(rfc7515[name], ALL))).toBe('proof_typ');
  });
});

describe('RFC 8705', () => {
  it('MTLS-3.1-02 x5t#S256 of appendix A', () => {
    const der = Buffer.from(rfc8705.certificate, 'base64');
    expect(x5tS256(der)).toBe(rfc8705.confirmation['x5t#S256']);
    expect(x5tS256(der)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('MTLS-3.1-02 it is over the certificate, not over its key', () => {
    const der = Buffer.from(rfc8705.certificate, 'base64');
    const pem = `-----BEGIN CERTIFICATE-----\n${rfc8705.certificate}\n-----END CERTIFICATE-----\n`;
    const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' });
    expect(x5tS256(spki)).not.toBe(x5tS256(der));
  });
});
