import {
  type Algorithm,
  importPublicJwk,
  readPublicJwk,
  verifySignature,
  verifySignatureOnPool,
} from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { type Group, needsVectors, type Vector } from './vectors.ts';

/** The only parameters of RSA-PSS that RFC 7518 §3.5 knows. */
const PARAMETERS: Partial<Record<Algorithm, string>> = { PS256: 'SHA-256 SHA-256 32', PS384: 'SHA-384 SHA-384 48' };

interface Outcome {
  readonly count: number;
  readonly accepted: number;
  /** `alg tcId: comment` of every vector that is judged otherwise than the file says. */
  readonly disagreements: readonly string[];
}

/** Judges all vectors of a file under `alg`, whose own parameters alone may verify. None of these files says "acceptable". */
async function judge(groups: readonly Group[], alg: Algorithm): Promise<Outcome> {
  let count = 0;
  let accepted = 0;
  const disagreements: string[] = [];
  for (const { tests, jwk, parameters } of groups) {
    const { alg: _stated, ...unnamed } = jwk;
    const key = importPublicJwk(readPublicJwk(unnamed, alg));
    const isOurs = PARAMETERS[alg] === undefined || PARAMETERS[alg] === parameters;
    for (const vector of tests) {
      const [input, signature] = [Buffer.from(vector.msg, 'hex').toString('latin1'), Buffer.from(vector.sig, 'hex')];
      const verified = verifySignature(alg, key, input, signature);
      expect(await verifySignatureOnPool(alg, key, input, signature)).toBe(verified);
      count += 1;
      accepted += verified ? 1 : 0;
      if (verified !== (isOurs && vector.result === 'valid')) disagreements.push(described(alg, vector));
    }
  }
  return { count, accepted, disagreements };
}

function described(alg: Algorithm, { tcId, comment }: Vector): string {
  return `${alg} ${tcId}: ${comment}`;
}

type Row = [id: string, file: string, alg: Algorithm, count: number, accepted: number];

describe('every vector is judged as the file says', () => {
  it.for<Row>([
    ['JOSE-7518-3.4-01', 'ecdsa_secp256r1_sha256_p1363_test.json', 'ES256', 262, 173],
    ['JOSE-7518-3.4-01', 'ecdsa_secp384r1_sha384_p1363_test.json', 'ES384', 280, 193],
    ['JKT-8037-3.1-01', 'ed25519_test.json', 'Ed25519', 151, 88],
    ['JKT-8037-3.1-01', 'ed25519_test.json', 'EdDSA', 151, 88],
    ['JOSE-7518-3.5-01', 'rsa_pss_2048_sha256_mgf1_32_test.json', 'PS256', 108, 63],
    ['JOSE-7518-3.5-01', 'rsa_pss_3072_sha256_mgf1_32_test.json', 'PS256', 108, 63],
  ])('%s %s under %s', async ([_id, file, alg, count, accepted], context) => {
    expect(await judge(needsVectors(context, file), alg)).toEqual({ count, accepted, disagreements: [] });
  });
});

describe('RSA-PSS with other hashes, other masks or another length of salt is refused', () => {
  it.for<Row>([
    ['JOSE-7518-3.5-01', 'rsa_pss_2048_sha256_mgf1sha1_20_test.json', 'PS256', 108, 0],
    ['JOSE-7518-3.5-01', 'rsa_pss_2048_sha256_mgf1sha1_20_test.json', 'PS384', 108, 0],
    ['JOSE-7518-3.5-01', 'rsa_pss_2048_sha256_mgf1_0_test.json', 'PS384', 103, 0],
    ['JOSE-7518-3.5-01 but for its own', 'rsa_pss_misc_test.json', 'PS256', 150, 1],
    ['JOSE-7518-3.5-01 but for its own', 'rsa_pss_misc_test.json', 'PS384', 150, 1],
  ])('%s %s under %s', async ([_id, file, alg, count, accepted], context) => {
    expect(await judge(needsVectors(context, file), alg)).toEqual({ count, accepted, disagreements: [] });
  });

  it('JOSE-7518-3.5-01 also where only the length of the salt differs, but for the vector whose salt is as PS256 has it', async (context) => {
    const outcome = await judge(needsVectors(context, 'rsa_pss_2048_sha256_mgf1_0_test.json'), 'PS256');
    expect(outcome).toEqual({ count: 103, accepted: 1, disagreements: ['PS256 69: s_len changed to 32'] });
  });
});
