import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { ask } from './flow.ts';
import { broken, forged, type Members, type SuiteKey, seconds, signed, suiteKey } from './jwt.ts';
import { proofClaims, proofOf, urlOf } from './party.ts';
import { createProver } from './prover.ts';
import type { Suite } from './suite.ts';

/** C037 to C041: what a proof at the issuer says, and by which key. */
export function proofChecks(suite: () => Suite): void {
  const { client, url, primed, withProof, withChanges, pushWith } = createProver(suite);

  /** The pieces of a good proof, to make a bad one of. */
  function pieces(key: SuiteKey = client().proofKey): { header: Members; claims: Members; key: SuiteKey } {
    const { use: _, ...jwk } = key.publicJwk;
    return { header: { typ: 'dpop+jwt', alg: key.alg, jwk }, claims: proofClaims(client(), url()), key };
  }

  describe('a proof', () => {
    it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'])('C037 by %s binds the token to its key', async (alg) => {
      const key = await suiteKey(alg === 'EdDSA' ? 'Ed25519' : alg);
      const named = { privateJwk: { ...key.privateJwk, alg }, publicJwk: { ...key.publicJwk, alg } };
      const by = { alg, ...named };
      for (const who of ['one', 'two'] as const) {
        const issued = await ask(suite().party('jwt-dpop', who), {}, { proof: { key: by } });
        expectToken(issued, 'DPoP');
        const jkt = await calculateJwkThumbprint(key.publicJwk);
        expect(await suite().confirmation(issued.body['access_token'])).toEqual({ jkt });
      }
    });

    it('C037 may say of its key what others say', async () => {
      await primed();
      const { publicJwk: jwk } = client().proofKey;
      expectToken(await withChanges({ header: { jwk: { ...jwk, key_ops: ['verify'] } } }), 'DPoP');
    });

    it('C038 is needed, and no nonce helps', async () => {
      for (const [name, at] of [
        ['jwt-dpop', suite().site],
        ['cert-dpop', suite().site],
        ['jwt-dpop', suite().other],
      ] as const) {
        const answer = await ask(suite().party(name, 'one', at), {}, { proof: null });
        expectRefused(answer, 'invalid_dpop_proof', 'invalid_request', 'invalid_grant');
      }
    });

    it('C039 with a fault in its header is refused', async () => {
      await primed();
      const { header, claims, key } = pieces();
      const { privateJwk } = key;
      const weak = await suiteKey('PS256');
      const proofs: [string, string][] = [
        ['two segments', (await proofOf(client(), url())).split('.').slice(0, 2).join('.')],
        ['nothing like a JWS', 'proof'],
        ['no typ', forged({ ...header, typ: undefined }, claims, key)],
        ['another typ', forged({ ...header, typ: 'JWT' }, claims, key)],
        ['no jwk', forged({ ...header, jwk: undefined }, claims, key)],
        ['a private jwk', forged({ ...header, jwk: privateJwk }, claims, key)],
        ['alg none', forged({ ...header, alg: 'none' }, claims, key)],
        ['alg HS256', forged({ ...header, alg: 'HS256' }, claims, key)],
        ['no alg', forged({ ...header, alg: undefined }, claims, key, 'ES256')],
        ['alg of another kind of key', forged({ ...header, alg: 'PS256' }, claims, key, 'ES256')],
        [
          'RS256',
          forged({ ...header, alg: 'RS256', jwk: { kty: 'RSA', n: weak.publicJwk.n, e: 'AQAB' } }, claims, weak),
        ],
        ['crit', forged({ ...header, crit: ['x'], x: 1 }, claims, key)],
      ];
      for (const [fault, proof] of proofs) {
        const answer = await withProof(proof);
        expect([fault, answer.body['error']]).toEqual([fault, 'invalid_dpop_proof']);
        expectRefused(answer, 'invalid_dpop_proof');
        expectRefused(await pushWith([proof]), 'invalid_dpop_proof');
      }
      const good = async () => proofOf(client(), url());
      expectRefused(await withProof(await good(), await good()), 'invalid_dpop_proof', 'invalid_request');
      expectToken(await withProof(await good()), 'DPoP');
    });

    it('C039 by an RSA key that is too short is refused', async () => {
      await primed();
      const { subtle } = globalThis.crypto;
      const algorithm = {
        name: 'RSA-PSS',
        hash: 'SHA-256',
        modulusLength: 1024,
        publicExponent: Uint8Array.of(1, 0, 1),
      };
      const pair = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const { n, e } = await subtle.exportKey('jwk', pair.publicKey);
      const key = {
        alg: 'PS256',
        publicJwk: {},
        privateJwk: (await subtle.exportKey('jwk', pair.privateKey)) as object,
      };
      const proof = forged({ ...pieces().header, alg: 'PS256', jwk: { kty: 'RSA', n, e } }, pieces().claims, key);
      expectRefused(await withProof(proof), 'invalid_dpop_proof');
    });

    it('C040 with another signature than that of its key is refused', async () => {
      await primed();
      expectRefused(await withProof(broken(await proofOf(client(), url()))), 'invalid_dpop_proof');
      const { header, claims } = pieces();
      expectRefused(await withProof(await signed(header, claims, await suiteKey('ES256'))), 'invalid_dpop_proof');
    });

    it('C041 is for this request, and says so in full', async () => {
      await primed();
      const wrong: Members[] = [
        ...['jti', 'htm', 'htu', 'iat'].map((claim) => ({ [claim]: undefined })),
        ...[{ htm: 'GET' }, { htm: 'post' }, { jti: '' }, { iat: String(seconds()) }],
        { htu: urlOf(client(), 'pushed_authorization_request_endpoint') },
        { htu: url().replace('localhost', 'other.example') },
        { htu: `${url()}/` },
      ];
      for (const claims of wrong) expectRefused(await withChanges({ claims }), 'invalid_dpop_proof');
      for (const htu of [`${url()}?a=b#c`, url().replace('https://localhost', 'HTTPS://LOCALHOST')]) {
        expectToken(await withChanges({ claims: { htu } }), 'DPoP');
      }
    });

    it('C041 names the alias where the alias was called', async () => {
      const party = suite().party('cert-dpop');
      const root = urlOf(party, 'token_endpoint', 'root');
      expectToken(await ask(party), 'DPoP');
      expectRefused(await ask(party, {}, { proof: { claims: { htu: root } } }), 'invalid_dpop_proof');
    });
  });
}
