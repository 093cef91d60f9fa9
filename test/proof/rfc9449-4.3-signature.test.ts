import { generateKeyPairSync } from 'node:crypto';
import { type Algorithm, importPublicJwk, readPublicJwk, verifySignature } from '@holdfast/proof';
import { CompactSign, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { type ForgedKey, forge, forgedKey, keys, otherKeys, texts } from './forge.ts';
import { judge, verdict } from './judge.ts';

const algorithms = Object.keys(keys) as Algorithm[];

describe('a sound signature', () => {
  it.each(algorithms)('DPOP-4.3-06 by %s is accepted', (alg) => {
    expect(judge(forge({ key: keys[alg] }))).toMatchObject({ sender: { alg, jwk: keys[alg].jwk } });
  });

  it.each(algorithms)('DPOP-4.3-06 by %s, made by jose, is accepted', async (alg) => {
    const { header, payload } = texts({ key: keys[alg] });
    const compact = await new CompactSign(Buffer.from(payload))
      .setProtectedHeader(JSON.parse(header))
      .sign(await importJWK({ ...keys[alg].privateJwk }, alg));
    expect(verdict(compact)).toBe('accepted');
  });
});

describe('an unsound signature', () => {
  const cut = (proof: string): [string, Buffer] => {
    const at = proof.lastIndexOf('.');
    return [proof.slice(0, at), Buffer.from(proof.slice(at + 1), 'base64url')];
  };
  const resigned = (alg: Algorithm, change: (signature: Buffer) => Uint8Array): string => {
    const [input, signature] = cut(forge({ key: keys[alg] }));
    return `${input}.${Buffer.from(change(signature)).toString('base64url')}`;
  };

  const changes: [string, (signature: Buffer) => Uint8Array][] = [
    ['is missing', () => Buffer.alloc(0)],
    ['is one octet', () => Buffer.from([1])],
    ['lacks its last octet', (signature) => signature.subarray(0, -1)],
    ['lacks its first octet', (signature) => signature.subarray(1)],
    ['has a zero octet behind it', (signature) => Buffer.concat([signature, Buffer.alloc(1)])],
    ['has a zero octet before it', (signature) => Buffer.concat([Buffer.alloc(1), signature])],
    ['has its first octets behind it', (signature) => Buffer.concat([signature, signature.subarray(0, 32)])],
    ['is zeros', (signature) => Buffer.alloc(signature.length)],
    ['is ones', (signature) => Buffer.alloc(signature.length, 255)],
    ['is backwards', (signature) => Buffer.from(signature).reverse()],
  ];
  describe.each(algorithms)('by %s', (alg) => {
    it.each(changes)('DPOP-4.3-06 JOSE-8725-3.3-01 refuses one that %s', (_, change) => {
      expect(verdict(resigned(alg, change))).toBe('proof_signature');
    });

    it('DPOP-4.3-06 refuses the signature of another proof by the same key', () => {
      const [input] = cut(forge({ key: keys[alg] }));
      const [, signature] = cut(forge({ key: keys[alg], payload: { jti: 'another' } }));
      expect(verdict(`${input}.${signature.toString('base64url')}`)).toBe('proof_signature');
    });
  });

  const stolen: ForgedKey = { ...keys.ES256, sign: forgedKey('ES256', p256(), 'sha256', p1363()).sign };
  it('DPOP-4.3-06 refuses a proof that shows the key of someone else', () => {
    expect(verdict(forge({ key: stolen }))).toBe('proof_signature');
  });

  it.each([
    ['JOSE-7518-3.4-01 a DER signature under ES256', otherKeys.derSignature],
    ['JOSE-7518-3.5-01 PS256 without salt', otherKeys.pssWithoutSalt],
    ['JOSE-7518-3.5-01 PS256 with a salt of 20', otherKeys.pssWithShortSalt],
    ['JOSE-7518-3.5-01 PS256 with the longest salt', otherKeys.pssWithLongSalt],
    ['JOSE-7518-3.5-01 PKCS#1 v1.5 under PS256', otherKeys.pkcs1AsPs256],
    ['JOSE-8725-3.1-01 SHA-384 under PS256', { ...keys.PS256, sign: keys.PS384.sign }],
    ['JOSE-8725-3.1-01 SHA-256 under PS384', { ...keys.PS384, sign: keys.PS256.sign }],
    ['JOSE-8725-3.1-01 SHA-384 under ES256', forgedKey('ES256', p256(), 'sha384', p1363())],
  ])('%s is refused', (_, key) => {
    expect(verdict(forge({ key }))).toBe('proof_signature');
  });

  it('JOSE-7518-3.4-01 takes both halves of an ECDSA pair, s and n - s, which is why no signature names a proof', () => {
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const mirror = (signature: Buffer): Buffer => {
      const s = n - BigInt(`0x${signature.toString('hex', 32)}`);
      return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    };
    expect(verdict(resigned('ES256', mirror))).toBe('accepted');
  });

  it('DPOP-4.3-06 refuses an Ed25519 signature with S beyond the group order', () => {
    const l = 2n ** 252n + 27742317777372353535851937790883648493n;
    const beyond = (signature: Buffer): Buffer => {
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + l;
      const octets = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
      return Buffer.concat([signature.subarray(0, 32), octets]);
    };
    expect(verdict(resigned('Ed25519', beyond))).toBe('proof_signature');
  });
});

describe('verifySignature', () => {
  it('answers false, and throws nothing, for any signature of any length', () => {
    for (const alg of algorithms) {
      const key = importPublicJwk(readPublicJwk(keys[alg].jwk, alg));
      for (let length = 0; length < 300; length += 1) {
        expect(verifySignature(alg, key, 'input', Buffer.alloc(length, length))).toBe(false);
      }
    }
  });
});

function p256() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function p1363() {
  return { dsaEncoding: 'ieee-p1363' } as const;
}
