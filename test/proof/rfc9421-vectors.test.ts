import { createPublicKey } from 'node:crypto';
import { type Algorithm, importKey, type SignedRequest, type SignedResponse } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { makeSignature } from '../../packages/proof/src/signatures/sign-message.ts';
import { verifyBase } from '../../packages/proof/src/signatures/signature-algorithm.ts';
import { signatureBase } from '../../packages/proof/src/signatures/signature-base.ts';
import { readSignature } from '../../packages/proof/src/signatures/signature-fields.ts';
import rfc9421 from '../vectors/rfc9421.json' with { type: 'json' };
import { outcome } from './judge.ts';

interface Vector {
  readonly section: string;
  readonly name: string;
  readonly label: string;
  readonly alg: string;
  readonly keyid: string;
  readonly request?: SignedRequest;
  readonly response?: SignedResponse;
  /** Left out: the text does not print it. */
  readonly base?: string;
  readonly expect: string;
}

const NO_REQUEST: SignedRequest = { method: 'GET', targetUri: 'https://example.com/', headers: [] };
const JWS: Readonly<Record<string, Algorithm>> = {
  'ecdsa-p256-sha256': 'ES256',
  ed25519: 'Ed25519',
  'rsa-pss-sha512': 'PS256',
  'rsa-v1_5-sha256': 'PS256',
  'hmac-sha256': 'ES256',
};
// Signed by an algorithm that is never accepted
const FORBIDDEN = ['rsa-v1_5-sha256', 'hmac-sha256'];

const vectors: readonly Vector[] = rfc9421.cases;
const accepted = vectors.filter(({ alg }) => !FORBIDDEN.includes(alg));
const forbidden = vectors.filter(({ alg }) => FORBIDDEN.includes(alg));

const messageOf = ({ request = NO_REQUEST, response }: Vector) =>
  response === undefined ? { request } : { request, response };

function receivedOf(vector: Vector) {
  const { request, response } = messageOf(vector);
  return readSignature(response ?? request, ({ label }) => label === vector.label);
}

function baseOf(vector: Vector): string {
  const { components, written } = receivedOf(vector);
  return signatureBase(components, written, messageOf(vector));
}

function keyOf({ keyid, alg }: Vector) {
  const jwks: Readonly<Record<string, object>> = rfc9421.keys;
  const key = createPublicKey({ key: { ...(jwks[keyid] ?? rfc9421.keys['test-key-ecc-p256']) }, format: 'jwk' });
  return { alg: JWS[alg] ?? 'ES256', key, keyids: [keyid], isOfCertificate: true };
}

const verifies = (vector: Vector, named: string | undefined) =>
  verifyBase(baseOf(vector), receivedOf(vector).signature, named, keyOf(vector));

describe('the base, byte for byte', () => {
  it.each(vectors.filter(({ base }) => base !== undefined))('SIG-2.3-01, SIG-2.1-01 $section $name', (vector) => {
    expect(baseOf(vector)).toBe(vector.base);
  });
});

describe('the signature', () => {
  it.each(accepted)('SIG-3.3.1-01 $section $name is $expect by $alg', (vector) => {
    expect(verifies(vector, vector.alg)).toBe(vector.expect === 'valid');
  });

  it.each(accepted.filter(({ alg }) => alg !== 'rsa-pss-sha512'))(
    'SIG-3.3.7-01 $section $name is $expect by the algorithm of the key alone',
    (vector) => {
      expect(verifies(vector, undefined)).toBe(vector.expect === 'valid');
    },
  );

  it.each(forbidden)('SIG-3.2-04 $section $name is refused: $alg is never accepted', (vector) => {
    expect(outcome(() => verifies(vector, vector.alg))).toBe('signature_params');
  });
});

describe('made by us', () => {
  it('SIG-3.3.1-01 the Ed25519 signature of B.2.6, octet for octet but for its parameters', async () => {
    const [vector] = vectors.filter(({ section }) => section === 'B.2.6');
    if (vector?.base === undefined) throw new Error('no such vector');
    const key = await importKey(rfc9421.keys['test-key-ed25519']);
    const { components, signature } = receivedOf(vector);
    // Theirs has no tag, so that the signing function is given their base
    expect(Buffer.from(await key.sign(vector.base))).toEqual(Buffer.from(signature));
    const parameters = { created: 1618884473, keyid: vector.keyid, tag: 't' };
    const made = await makeSignature('sig-b26', components, parameters, { message: messageOf(vector), key });
    expect(`${made.input}`.replace(';tag="t"', '')).toBe(
      `sig-b26=${vector.base.slice(vector.base.lastIndexOf('"@signature-params": ') + 21)}`,
    );
  });
});
