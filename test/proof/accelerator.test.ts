import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importPublicJwk, readPublicJwk, verifySignature, verifySignatureOnPool } from '@holdfast/proof';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSodium } from '../../packages/proof/src/sodium.ts';
import { add, BASE, challengeOf, encodeNumber, encodePoint, L, multiply, P, TORSION } from './edwards.ts';

const CASES = Number(process.env['HOLDFAST_DIFFERENTIAL'] ?? 2000);
const TIMEOUT = 60_000 + CASES * 2; // ms

const isInstalled = loadSodium() !== undefined;
if (!isInstalled) process.stderr.write('skipped: what libsodium answers: sodium-native is not on this machine\n');

const read = (raw: Uint8Array): KeyObject =>
  importPublicJwk(readPublicJwk({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') }, 'Ed25519'));

/** What libsodium and OpenSSL answer; the thread pool is always OpenSSL's. */
async function answers(key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<[boolean, boolean]> {
  const input = Buffer.from(message).toString('latin1');
  return [
    verifySignature('Ed25519', key, input, signature),
    await verifySignatureOnPool('Ed25519', key, input, signature),
  ];
}

describe.skipIf(!isInstalled)('libsodium and OpenSSL answer the same', () => {
  const messages = fc.uint8Array({ maxLength: 200 });

  it('JOSE-8725-3.3-01 for good signatures, and for ones that were changed', { timeout: TIMEOUT }, async () => {
    const pairs = Array.from({ length: 4 }, () => generateKeyPairSync('ed25519'));
    const flip = fc.record({ of: fc.constantFrom('signature', 'message', 'key'), bit: fc.nat(511) });
    const cases = fc.record({
      pair: fc.constantFrom(...pairs),
      message: messages,
      flips: fc.array(flip, { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ pair, message, flips }) => {
        const signature = sign(null, message, pair.privateKey);
        const key = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
        const changed = { signature: Buffer.from(signature), message: Buffer.from(message), key: Buffer.from(key) };
        for (const { of, bit } of flips) flipBit(changed[of], bit);
        const isSame =
          changed.signature.equals(signature) && changed.message.equals(message) && changed.key.equals(key);
        const both = await answers(read(changed.key), changed.message, changed.signature);
        expect(both).toEqual([isSame, isSame]);
      }),
      { numRuns: CASES },
    );
  });

  it('JOSE-8725-3.4-01 for what only the holder of a key can make: points with a part of small order, S beyond L', {
    timeout: TIMEOUT,
  }, async () => {
    const scalars = Array.from({ length: 4 }, (_, i) => 0x1234567890abcdefn ** BigInt(i + 3));
    const multiples = [0n, ...scalars].map((n) => ({ n, point: multiply(BASE, n) }));
    const torsion = Array.from({ length: 8 }, (_, i) => multiply(TORSION, BigInt(i)));
    const eighth = fc.nat(7);
    const cases = fc.record({
      a: fc.constantFrom(...multiples.slice(1)),
      r: fc.constantFrom(...multiples),
      ofA: eighth,
      ofR: fc.oneof(eighth, fc.constant('fitting' as const)),
      beyond: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 14 }) },
      ),
      message: messages,
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ a, r, ofA, ofR, beyond, message }) => {
        const A = encodePoint(add(a.point, torsion[ofA] ?? BASE));
        const parts = ofR === 'fitting' ? [0, 1, 2, 3, 4, 5, 6, 7] : [ofR];
        for (const part of parts) {
          const R = encodePoint(add(r.point, torsion[part] ?? BASE));
          const h = challengeOf(R, A, message);
          const s = ((r.n + h * a.n) % L) + BigInt(beyond) * L;
          // RFC 8032 §5.1.7 without the cofactor: SB = R + hA, so what is of small order in R and hA cancels out
          const isSound = beyond === 0 && r.n !== 0n && (BigInt(part) + h * BigInt(ofA)) % 8n === 0n;
          const both = await answers(read(A), message, Buffer.concat([R, encodeNumber(s)]));
          expect(both).toEqual([isSound, isSound]);
          accepted += isSound ? 1 : 0;
        }
      }),
      { numRuns: Math.ceil(CASES / 4) },
    );
    expect(accepted).toBeGreaterThan(CASES / 20);
  });

  it('JOSE-8725-3.4-01 for R of small order, in every spelling', async () => {
    const a = 0xabcdefn;
    const A = encodePoint(multiply(BASE, a));
    const message = Buffer.from('message');
    const canonical = Array.from({ length: 8 }, (_, i) => encodePoint(multiply(TORSION, BigInt(i))));
    const others = [0n, 1n].flatMap((y) => [encodeNumber(P + y), encodeNumber(P + y + 2n ** 255n)]);
    const negativeZero = [encodeNumber(1n + 2n ** 255n), encodeNumber(P - 1n + 2n ** 255n)];
    for (const R of [...canonical, ...others, ...negativeZero]) {
      const s = encodeNumber((challengeOf(R, A, message) * a) % L);
      expect(await answers(read(A), message, Buffer.concat([R, s]))).toEqual([false, false]);
    }
  });

  it('JOSE-8725-3.4-01 for keys and signatures of random octets', async () => {
    const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    await fc.assert(
      fc.asyncProperty(octets(32), octets(64), messages, async (key, signature, message) => {
        expect(await answers(read(key), message, signature)).toEqual([false, false]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('without libsodium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  cpSync(fileURLToPath(new URL('../../packages/proof/src', import.meta.url)), join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');

  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signature = sign(null, Buffer.from('input'), privateKey).toString('hex');
  const script = `
    import { createPublicKey } from 'node:crypto';
    import { verifySignature } from ${JSON.stringify(join(folder, 'src', 'algorithms.ts'))};
    const key = createPublicKey(${JSON.stringify(publicKey.export({ format: 'pem', type: 'spki' }))});
    const verified = (input) => verifySignature('Ed25519', key, input, Buffer.from('${signature}', 'hex'));
    console.log(verified('input'), verified('other'));`;
  const run = (): string =>
    execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
      encoding: 'utf8',
    }).trim();

  it('OpenSSL verifies', () => {
    expect(run()).toBe('true false');
  });

  it.each([
    ['has no binary for this machine', "throw new Error('no prebuilds')", 'true false'],
    ['is something else', 'module.exports = {}', 'true false'],
    [
      'answers anything but true, which accepts nothing',
      'exports.crypto_sign_verify_detached = () => 1',
      'false false',
    ],
  ])('OpenSSL verifies where sodium-native %s', (_, source, expected) => {
    const module = join(folder, 'node_modules', 'sodium-native');
    mkdirSync(module, { recursive: true });
    writeFileSync(join(module, 'index.js'), source);
    expect(run()).toBe(expected);
  });
});

function flipBit(octets: Buffer, bit: number): void {
  const at = octets.length === 0 ? 0 : (bit >> 3) % octets.length;
  if (at < octets.length) octets[at] = (octets[at] ?? 0) ^ (1 << (bit & 7));
}
