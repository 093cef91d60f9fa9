import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { forgedKey, keys } from '../proof/forge.ts';
import rfc8037 from '../vectors/rfc8037.json' with { type: 'json' };
import { type Members, makeKey, sha256 } from './forge.ts';
import { clientWith, thumbprintByJose } from './odd-keys.ts';
import { outcomeOf, verdict } from './rewritten.ts';
import { Scene } from './scene.ts';

const algorithms = ['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const;
const boundTo = (jkt: string) => ({ payload: { cnf: { jkt } } });

describe.each(algorithms)('RFC 7638: a token bound to a key for %s', (alg) => {
  const client = makeKey(alg);
  const serves = (jkt: string) => verdict(new Scene({}, { client }).send({ token: boundTo(jkt) }));

  it('JKT-3-01, JKT-3.4-01: is served when the thumbprint is what jose calculates with SHA-256', async () => {
    expect(await serves(await thumbprintByJose(client.publicJwk))).toBe('accepted');
  });

  it('JKT-3.4-01: is refused with a thumbprint by another digest', async () => {
    for (const digest of ['sha384', 'sha512'] as const) {
      expect(await serves(await thumbprintByJose(client.publicJwk, digest))).toBe('confirmation_unknown');
    }
  });

  it('JKT-3-01: is refused with a digest of the same members in another order, or with white space', async () => {
    const { crv, e, kty, n, x, y } = client.publicJwk;
    const members = { crv, e, kty, n, x, y };
    expect(await serves(sha256(JSON.stringify(members)))).toBe('accepted');
    for (const text of [
      JSON.stringify(backwards(members)),
      JSON.stringify(members, null, 1),
      `${JSON.stringify(members)}\n`,
    ]) {
      expect(await serves(sha256(text))).toBe('key_mismatch');
    }
  });

  it('JKT-3.2.1-01: is served when its issuer calculated with the private key', async () => {
    expect(await serves(await thumbprintByJose(client.privateJwk))).toBe('accepted');
  });

  it('JKT-3.2-01: is served whatever else the proof says about the key, in any order', async () => {
    const more = { kid: 'k', use: 'sig', alg, key_ops: ['verify'], x5c: ['AA=='], x5u: 'https://a.example', ext: true };
    const scene = new Scene({}, { client });
    for (const jwk of [{ ...more, ...client.publicJwk }, backwards({ ...client.publicJwk, ...more })]) {
      expect(await verdict(scene.send({ proof: { header: { jwk } } }))).toBe('accepted');
    }
  });

  it('JKT-3.3-01: is served when the proof escapes the values of the key, which are what they stand for', async () => {
    const text = alg === 'PS256' ? '"AQAB"' : `"${client.publicJwk['x']}"`;
    const header = (plain: string) => {
      const escaped = plain.replace(text, text.replace(/[A-Za-z]/g, escapeJson)).replace('"kty"', '"\\u006bty"');
      expect(escaped).not.toBe(plain);
      return escaped;
    };
    expect(await outcomeOf(new Scene({}, { client }), 'proof', { header })).toBe('accepted');
  });
});

describe('RFC 7638 §7: one key, one thumbprint', () => {
  const { x } = keys.ES256.jwk;
  it.each<[string, keyof typeof keys, Members]>([
    ['padding', 'ES256', { x: `${x}=` }],
    ['white space', 'ES256', { x: ` ${x}` }],
    ['the other alphabet', 'ES256', { x: String(x).replace(/^./, '+') }],
    ['loose bits', 'Ed25519', { x: loosened(String(keys.Ed25519.jwk['x'])) }],
    ['a longer exponent', 'PS256', { e: 'AAEAAQ' }],
    ['a curve in other letters', 'ES256', { crv: 'p-256' }],
  ])(
    'JKT-7-01: refuses a key in a spelling with %s, also to a token bound to that spelling',
    async (_what, alg, spelling) => {
      expect(await clientWith(keys[alg])).toBe('accepted');
      expect(await clientWith(keys[alg], { ...keys[alg].jwk, ...spelling })).toBe('proof_jwk');
    },
  );

  it('JKT-7-01: refuses y beyond the field of Ed25519, which would be another spelling of a point', async () => {
    const octets = Buffer.alloc(32, 0xff);
    octets.set([0xf0], 0); // p + 3
    octets.set([0x7f], 31);
    const jwk = { ...keys.Ed25519.jwk, x: octets.toString('base64url') };
    expect(await clientWith(keys.Ed25519, jwk)).toBe('proof_jwk');
  });
});

describe('RFC 8037', () => {
  const key = forgedKey('EdDSA', createPrivateKey({ key: rfc8037.privateJwk, format: 'jwk' }), null);

  it('JKT-8037-2-01: serves the key of A.1 to a token bound to the thumbprint of A.3', async () => {
    const privateKey = createPrivateKey({ key: rfc8037.privateJwk, format: 'jwk' });
    const client = { ...makeKey('EdDSA'), privateKey, publicJwk: rfc8037.publicJwk, jkt: rfc8037.thumbprint };
    await expect(new Scene({}, { client }).send()).resolves.toMatchObject({
      confirmation: { jkt: rfc8037.thumbprint },
    });
  });

  it('JKT-8037-2-01: refuses the same key with its d', async () => {
    expect(await clientWith(key)).toBe('accepted');
    expect(await clientWith(key, rfc8037.privateJwk)).toBe('proof_jwk_private');
  });

  it('JKT-8037-3.1-01: serves one Ed25519 key under both names of the algorithm', async () => {
    const client = makeKey('Ed25519');
    const scene = new Scene({}, { client });
    for (const alg of ['Ed25519', 'EdDSA']) {
      expect(await verdict(scene.send({ proof: { header: { alg } } }))).toBe('accepted');
    }
    expect(await verdict(scene.send({ proof: { header: { alg: 'Ed448' } } }))).toBe('proof_alg');
  });
});

function backwards(members: Members): Members {
  return Object.fromEntries(Object.entries(members).reverse());
}

function escapeJson(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The same 32 octets, with a last character whose two loose bits are not zero. */
function loosened(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? '') + 1];
}
