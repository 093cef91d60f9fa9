import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Answer, expectRefused, expectToken } from './answer.ts';
import { ask, newVerifier, parametersFor, push } from './flow.ts';
import { broken, forged, type Members, type SuiteKey, seconds, signed, suiteKey } from './jwt.ts';
import { type Party, type ProofChanges, proofClaims, proofOf, urlOf } from './party.ts';
import type { Suite } from './suite.ts';

/** C037 to C045: proofs at the issuer. */
export function proofChecks(suite: () => Suite): void {
  const client = (): Party => suite().party('jwt-dpop');
  const url = () => urlOf(client(), 'token_endpoint');
  const withProof = (...proofs: string[]): Promise<Answer> => ask(client(), {}, { proof: proofs });
  const withChanges = async (changes: ProofChanges) => withProof(await proofOf(client(), url(), changes));
  const pushWith = (proof: ProofChanges | readonly string[], party = client()): Promise<Answer> =>
    push(party, parametersFor(newVerifier()), { proof });

  /** A nonce of now, so that nothing but the fault is refused. */
  async function primed(): Promise<void> {
    expectToken(await ask(client()), 'DPoP');
  }

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

    it('C042 is fresh by its iat where there are no nonces', async () => {
      const party = suite().party('jwt-dpop', 'one', suite().other);
      const token = (claims: Members) => ask(party, {}, { proof: { claims } });
      const pushed = (claims: Members) => pushWith({ claims }, party);
      for (const offset of [-10, 8, 10]) {
        expectToken(await token({ iat: seconds() + offset }), 'DPoP');
        expect((await pushed({ iat: seconds() + offset })).status).toBe(201);
      }
      for (const offset of [62, 3600, -3600]) {
        expectRefused(await token({ iat: seconds() + offset }), 'invalid_dpop_proof');
        expectRefused(await pushed({ iat: seconds() + offset }), 'invalid_dpop_proof');
      }
    });

    it('C042 may come from a clock that is wrong by seconds where there are', async () => {
      for (const offset of [-10, 8, 10]) {
        expectToken(await ask(client(), {}, { proof: { claims: { iat: seconds() + offset } } }), 'DPoP');
        expect((await pushWith({ claims: { iat: seconds() + offset } })).status).toBe(201);
      }
    });

    it('C043 is good once', async () => {
      await primed();
      const proof = await proofOf(client(), url());
      expectToken(await withProof(proof), 'DPoP');
      expectRefused(await withProof(proof), 'invalid_dpop_proof');
      const pushed = await proofOf(client(), urlOf(client(), 'pushed_authorization_request_endpoint'));
      expect((await pushWith([pushed])).status).toBe(201);
      expectRefused(await pushWith([pushed]), 'invalid_dpop_proof');
    });

    it('C043 is good once also when the power fails in between', async () => {
      const party = suite().party('jwt-dpop', 'one', suite().other);
      const proof = [await proofOf(party, urlOf(party, 'token_endpoint'))];
      expectToken(await ask(party, {}, { proof }), 'DPoP');
      await suite().operator.restartOther();
      expectRefused(await ask(party, {}, { proof }), 'invalid_dpop_proof');
    });

    it('C044 may hold more than it needs', async () => {
      await primed();
      const [nbf, exp] = [seconds(), seconds() + 300];
      const more: ProofChanges[] = [
        { claims: { nbf, exp } },
        { claims: { iss: 'me', sub: 'me', aud: 'you', another: { a: [1] } }, header: { kid: 'k', another: 'b' } },
        { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } },
      ];
      for (const changes of more) {
        expectToken(await withChanges(changes), 'DPoP');
        const proof = { ...changes, claims: { ...changes.claims, jti: newVerifier() } };
        expect((await pushWith(proof)).status).toBe(201);
      }
      for (const claims of [{ exp: seconds() - 60 }, { nbf: seconds() + 300 }]) {
        expectRefused(await withChanges({ claims }), 'invalid_dpop_proof');
      }
    });

    it('C045 without a nonce is asked for one, which is good at once and with any key', async () => {
      const { site } = suite();
      for (const challenge of [
        await withChanges({ claims: { nonce: undefined } }),
        await withChanges({ claims: { nonce: 'forged' } }),
        await pushWith([
          await proofOf(client(), urlOf(client(), 'pushed_authorization_request_endpoint'), {
            claims: { nonce: undefined },
          }),
        ]),
      ]) {
        expectRefused(challenge, 'use_dpop_nonce');
        expect(challenge.status).toBe(400);
        expect(challenge.headers['dpop-nonce']).toBeTypeOf('string'); // two would be a list
        expect(challenge.headers['dpop-nonce']).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/);
        site.nonce = String(challenge.headers['dpop-nonce']);
        expectToken(await withChanges({ key: await suiteKey('ES256') }), 'DPoP');
      }
      // RFC 9449 §8.2
      const { headers } = await withChanges({});
      site.nonce = String(headers['dpop-nonce']);
      expectToken(await withChanges({}), 'DPoP');
      expect(
        (await pushWith([await proofOf(client(), urlOf(client(), 'pushed_authorization_request_endpoint'))])).status,
      ).toBe(201);
    });
  });
}
