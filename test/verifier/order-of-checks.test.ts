import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { base64url, breakSignature, makeKey } from './forge.ts';
import { METADATA, serveIssuer } from './issuer-server.ts';
import { type Attempt, ISSUER, Scene } from './scene.ts';

let certificates: Certificates;
const key = makeKey('ES256', 'issuer-1');

beforeAll(async () => {
  certificates = await makeCertificates();
});

/** What a stranger can send without a token: none of it may cost a question to the issuer or to the store. */
const GARBAGE: Readonly<Record<string, Attempt>> = {
  'no proof': { proof: null },
  'a proof that is no JWT': { proof: 'garbage' },
  'a proof of 100 kB': { proof: 'a'.repeat(100_000) },
  'a proof of dots': { proof: '.'.repeat(5000) },
  'a proof of another typ': { proof: { header: { typ: 'JWT' } } },
  'a proof with alg none': { proof: { header: { alg: 'none' } } },
  'a proof without key': { proof: { header: { jwk: undefined } } },
  'a proof for another method': { proof: { payload: { htm: 'POST' } } },
  'a proof for another URI': { proof: { payload: { htu: 'https://a.example/' } } },
  'a proof for another token': { proof: { payload: { ath: 'x' } } },
  'a proof without nonce': { proof: { payload: { nonce: undefined } } },
  'a proof with an old nonce': { proof: { payload: { nonce: 'old' } } },
  'a proof that has ended': { proof: { payload: { exp: 1 } } },
  'a malformed token': { token: 'a.b.c' },
  'a token of another typ': { token: { header: { typ: 'JWT' } } },
  'a token with alg none': { token: { header: { alg: 'none' } } },
  'a second Authorization field': { fields: ['authorization', 'DPoP a'] },
  'a token in the query': { target: '/orders?access_token=a' },
  'another scheme': { scheme: 'Basic' },
};

/** What needs the issuer's keys to be told from a good request, but never the store. */
const FORGERIES: Readonly<Record<string, Attempt>> = {
  'a stranger’s token': { token: { key: makeKey('ES256', 'issuer-1') } },
  'an unknown kid': { token: { header: { kid: 'x' } } },
  'an expired token': { token: { payload: { exp: 1 } } },
  'a token of another issuer': { token: { payload: { iss: 'https://a.example' } } },
  'a token for another resource': { token: { payload: { aud: 'urn:a' } } },
  'an unbound token': { token: { payload: { cnf: undefined } } },
  'a stolen token with the key of the thief': { proof: { key: makeKey() } },
  'a certificate that is missing': { scheme: 'Bearer', token: { payload: { cnf: { 'x5t#S256': 'A'.repeat(43) } } } },
};

describe('garbage reaches neither the keys of the issuer nor the replay store', () => {
  it('however much of it comes, and a good request passes after it', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const reserved: string[] = [];
    const replay = { add: (jti: string) => reserved.push(jti) > 0 };
    const { issuer, fetch } = server;
    const scene = new Scene({ issuer, fetch, replay, jwks: undefined as never }, { issuer: key });
    for (const [what, attempt] of Object.entries(GARBAGE)) {
      expect((await scene.refusal(attempt)).status, what).toBeLessThan(500);
      expect(server.asked, what).toEqual([]);
    }
    for (const [what, attempt] of Object.entries(FORGERIES)) {
      expect((await scene.refusal(attempt)).status, what).toBe(401);
    }
    expect(server.asked).toEqual([METADATA, '/jwks']);
    expect(reserved).toEqual([]);
    await expect(scene.send({ token: { payload: { iss: issuer } } })).resolves.toBeDefined();
    expect(reserved).toHaveLength(1);
  });

  it('C082 leaves the same proof good that was refused with another token', async () => {
    const scene = new Scene();
    const message = await scene.message();
    for (const attempt of Object.values(GARBAGE)) await scene.refusal(attempt);
    await expect(scene.verifier.verify(message)).resolves.toBeDefined();
  });
});

describe('the order', () => {
  it('names the fault of the proof before that of the token', async () => {
    expect(await new Scene().code({ token: 'a.b.c', proof: { payload: { htm: 'PUT' } } })).toBe('proof_htm');
  });

  it('challenges for a nonce only a proof that is otherwise sound', async () => {
    const payload = { nonce: undefined, htm: 'PUT' };
    expect(await new Scene().code({ proof: { payload } })).toBe('proof_htm');
  });

  it('says what a claim of the token says only once its signature verified', async () => {
    const scene = new Scene();
    const [header, , signature] = scene.token().split('.');
    const expired = base64url(JSON.stringify({ iss: ISSUER, aud: 'urn:other', exp: 1 }));
    expect(await scene.code({ token: `${header}.${expired}.${signature}` })).toBe('token_signature');
    expect(await scene.code({ token: breakSignature(scene.token({ payload: { cnf: undefined } })) })).toBe(
      'token_signature',
    );
  });

  it('JOSE-8725-3.8-01 refuses a token of an issuer that is not trusted by its name alone: there are no keys to try', async () => {
    const scene = new Scene();
    expect(await scene.code({ token: { payload: { iss: 'https://other.example' } } })).toBe('token_issuer');
  });

  it('matches the key before it verifies the proof', async () => {
    const scene = new Scene();
    const token = scene.token();
    const proof = breakSignature(await scene.proof(token, { key: makeKey() }));
    expect(await scene.code({ token, proof })).toBe('key_mismatch');
  });
});
