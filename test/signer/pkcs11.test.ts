import { inspect } from 'node:util';
import { createSigner, type ForeignKeyPair, importKey, type ProofKey } from '@holdfast/signer';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ORIGIN, Scene } from '../verifier/scene.ts';
import { createToken, PIN, type Session, type Token } from './pkcs11.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const RSA = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

// PKCS#11 v3.1 §6.3, and the attributes of keys
const CKM = { EC_EDWARDS_KEY_PAIR_GEN: 0x1055, EDDSA: 0x1057 };
const CKA = { VALUE: 0x11, SENSITIVE: 0x103, SIGN: 0x108, VERIFY: 0x10a, PRIVATE_EXPONENT: 0x123, EXTRACTABLE: 0x162 };
const CKA_EC = { PARAMS: 0x180, POINT: 0x181 };
const ED25519 = Buffer.from('06032b6570', 'hex'); // its object identifier in DER
const READ_WRITE = 6; // CKF_RW_SESSION, CKF_SERIAL_SESSION

let token: Token | undefined;
beforeEach((context) => {
  token ??= createToken(context);
});
afterAll(() => token?.[Symbol.dispose]());

function theToken(): Token {
  if (token === undefined) throw new Error('there is no token');
  return token;
}

function open(): Session {
  return theToken().open();
}

/** A pair that is made in the token, whose private key never leaves it. */
async function makePair(crypto: Session, algorithm: object = EC): Promise<ForeignKeyPair> {
  const kept = { ...algorithm, token: true, sensitive: true };
  const pair = await crypto.subtle.generateKey(kept as never, false, ['sign', 'verify']);
  return { ...(pair as unknown as ForeignKeyPair), crypto };
}

/** A proof by the key is good for jose and, with a token bound to the key, for our verifier. */
async function expectGoodProofs(key: ProofKey): Promise<void> {
  const scene = new Scene({ algorithms: ['ES256', key.alg] });
  const accessToken = scene.token({ payload: { cnf: { jkt: key.jkt } } });
  const signer = createSigner({ key, clock: () => scene.clock.now });
  const request = { method: 'GET', url: `${ORIGIN}/orders`, accessToken, nonce: await scene.nonce() };
  const proofs = await Promise.all(Array.from({ length: 5 }, () => signer.proof(request)));
  for (const proof of proofs) {
    const { protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' });
    expect(protectedHeader.alg).toBe(key.alg);
    expect(await calculateJwkThumbprint(protectedHeader.jwk as JWK)).toBe(key.jkt);
    expect(await scene.send({ token: accessToken, proof })).toMatchObject({ subject: 'trader-1' });
    expect(await scene.code({ token: accessToken, proof })).toBe('proof_replayed');
  }
}

async function refusal(promised: unknown): Promise<Error> {
  const [outcome] = await Promise.allSettled([promised]);
  if (outcome.status === 'fulfilled') throw new Error('there is no refusal');
  return outcome.reason;
}

describe('a key in a token of PKCS#11', () => {
  it.each([
    ['ES256', EC, CKA.VALUE],
    ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }, CKA.VALUE],
    ['PS256', { ...RSA, hash: 'SHA-256' }, CKA.PRIVATE_EXPONENT],
    ['PS384', { ...RSA, hash: 'SHA-384' }, CKA.PRIVATE_EXPONENT],
  ] as const)('FAPI2-5.4.1-02 %s, made there and never out of it, signs proofs', async (alg, algorithm, secret) => {
    const crypto = open();
    const pair = await makePair(crypto, algorithm);
    expect(pair.privateKey).not.toBeInstanceOf(CryptoKey);
    await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
    const { handle } = (pair.privateKey as unknown as { key: { handle: Buffer } }).key;
    expect([readAttribute(handle, CKA.SENSITIVE), readAttribute(handle, CKA.EXTRACTABLE)]).toEqual([[1], [0]]);
    expect(() => readAttribute(handle, secret)).toThrow('CKR_ATTRIBUTE_SENSITIVE');
    const key = await importKey(pair);
    expect(key.alg).toBe(alg);
    await expectGoodProofs(key);
  });

  it('FAPI2-5.4.1-02 Ed25519, which the library does not know, signs proofs by a function', async () => {
    open(); // logs in
    const { cryptoki } = theToken();
    const session = cryptoki.C_OpenSession(cryptoki.C_GetSlotList(true)[0] ?? Buffer.alloc(0), READ_WRITE);
    const { publicKey, privateKey } = cryptoki.C_GenerateKeyPair(
      session,
      { mechanism: CKM.EC_EDWARDS_KEY_PAIR_GEN },
      [
        { type: CKA_EC.PARAMS, value: ED25519 },
        { type: CKA.VERIFY, value: true },
      ],
      [
        { type: CKA.SIGN, value: true },
        { type: CKA.SENSITIVE, value: true },
        { type: CKA.EXTRACTABLE, value: false },
      ],
    );
    const [point] = cryptoki.C_GetAttributeValue(session, publicKey, [{ type: CKA_EC.POINT }]);
    const x = point?.value.subarray(2).toString('base64url'); // an OCTET STRING of 32
    const key = await importKey({
      publicJwk: { kty: 'OKP', crv: 'Ed25519', x },
      sign: (input) => {
        cryptoki.C_SignInit(session, { mechanism: CKM.EDDSA }, privateKey);
        return cryptoki.C_Sign(session, Buffer.from(input), Buffer.alloc(64));
      },
    });
    expect(key.alg).toBe('Ed25519');
    await expectGoodProofs(key);
  });

  it('makes fifty signatures at once, by two keys of one session', async () => {
    const crypto = open();
    const pairs = [await makePair(crypto), await makePair(crypto, { ...RSA, hash: 'SHA-256' })];
    const signers = await Promise.all(pairs.map(async (pair) => createSigner({ key: await importKey(pair) })));
    const proofs = await Promise.all(
      Array.from({ length: 25 }, () => signers.map((signer) => signer.proof({ method: 'GET', url: ORIGIN }))).flat(),
    );
    const verified = await Promise.all(proofs.map((proof) => jwtVerify(proof, EmbeddedJWK)));
    expect(new Set(verified.map(({ payload }) => payload.jti)).size).toBe(50);
  });

  it('is found again by a later session', async () => {
    const before = open();
    const pair = await makePair(before, { ...RSA, hash: 'SHA-256' });
    const { jkt } = await importKey(pair);
    const ids = await Promise.all([pair.privateKey, pair.publicKey].map((key) => before.keyStorage.indexOf(key)));
    before.session.close();
    const crypto = open();
    const [privateKey, publicKey] = await Promise.all(
      ids.map((id, index) =>
        crypto.keyStorage.getItem(id, { name: RSA.name, hash: 'SHA-256' }, index === 1, [
          index === 1 ? 'verify' : 'sign',
        ]),
      ),
    );
    const key = await importKey({ privateKey, publicKey, crypto } as ForeignKeyPair);
    expect(key.jkt).toBe(jkt);
    await expectGoodProofs(key);
  });

  it.each([
    ['when its session is closed', (crypto: Session) => crypto.session.close(), 'CKR_SESSION_HANDLE_INVALID'],
    ['when somebody logs it out', (crypto: Session) => crypto.logout(), 'CKR_OBJECT_HANDLE_INVALID'],
  ])('says why it does not sign %s, and signs in the next session', async (_, end, fault) => {
    const crypto = open();
    const pair = await makePair(crypto);
    const key = await importKey(pair);
    end(crypto);
    const detail = `it does not sign (${fault})`;
    const outcomes = await Promise.all(['one', 'two'].map((input) => refusal(key.sign(input))));
    for (const error of outcomes) expect(error).toMatchObject({ code: 'key_unusable', detail });
    expect(await refusal(importKey(pair))).toMatchObject({
      code: 'key_unusable',
      detail: expect.stringContaining(`(${fault})`) as string,
    });
    await expectGoodProofs(await importKey(await makePair(open())));
  });

  it('shows no PIN where its keys or its refusals are shown', async () => {
    const crypto = open();
    const pair = await makePair(crypto);
    const key = await importKey(pair);
    crypto.logout();
    const error = await refusal(key.sign('input'));
    for (const shown of [key, error]) expect(inspect(shown, { depth: 20, showHidden: true })).not.toContain(PIN);
  });

  it('is refused with the public half of another', async () => {
    const crypto = open();
    const [one, other] = [await makePair(crypto), await makePair(crypto)];
    const detail = 'the private and the public half differ';
    expect(await refusal(importKey({ ...one, publicKey: other.publicKey }))).toMatchObject({
      code: 'key_unusable',
      detail,
    });
  });
});

/** What the token itself says of an object, beneath the library. */
function readAttribute(object: Buffer, type: number): number[] {
  const { cryptoki } = theToken();
  const session = cryptoki.C_OpenSession(cryptoki.C_GetSlotList(true)[0] ?? Buffer.alloc(0), READ_WRITE);
  return [...(cryptoki.C_GetAttributeValue(session, object, [{ type }])[0]?.value ?? [])];
}
