import { generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { algorithms } from '@holdfast/proof';
import { type Applicant, apply, SCOPE } from '../../scene/applicants.ts';
import { AUDIENCE, ISSUER } from '../../scene/issuer.ts';
import type { Prepare } from '../case.ts';
import { at, splitSigned, verifying } from './signed-pool.ts';

interface Input {
  readonly assertion: Verifiable;
  readonly proof: Verifiable;
  /** What the issuer signs. */
  readonly token: Buffer;
}

interface Verifiable {
  readonly key: { readonly key: KeyObject };
  readonly input: Buffer;
  readonly signature: Buffer;
}

const { digest, options } = algorithms.ES256;
const SIZE = 300;

/** The cryptography of a token request, by hand: assertion and proof verified, a token signed, all by ES256. */
export async function openRawIssue(applicants: readonly Applicant[]): Promise<Prepare> {
  const key = { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, ...options };
  const pool: Input[] = [];
  while (pool.length < SIZE) pool.push(await createInput(at(applicants, pool.length)));
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { assertion, proof, token } = at(pool, i);
      const isGood =
        verify(digest, assertion.input, assertion.key, assertion.signature) &&
        verify(digest, proof.input, proof.key, proof.signature);
      if (!isGood) throw new Error('a good signature does not verify');
      sign(digest, token, key);
    }
  };
}

async function createInput(applicant: Applicant): Promise<Input> {
  const { headers, body } = await apply(applicant, 'A'.repeat(22));
  const assertion = new URLSearchParams(body).get('client_assertion') ?? '';
  const proof = headers[headers.indexOf('DPoP') + 1] ?? '';
  const { jwk } = JSON.parse(Buffer.from(proof.split('.')[0] ?? '', 'base64url').toString()) as { jwk: object };
  return {
    assertion: { key: verifying(applicant.jwk, 'ES256'), ...splitSigned(assertion) },
    proof: { key: verifying(jwk, 'ES256'), ...splitSigned(proof) },
    token: tokenInput(applicant),
  };
}

/** RFC 7515 §5.1, RFC 9068 §2: as long as a real one. */
function tokenInput({ clientId, signer }: Applicant): Buffer {
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { typ: 'at+jwt', alg: 'ES256', kid: 'issuer-1' },
    {
      ...{ iss: ISSUER, sub: clientId, client_id: clientId, aud: AUDIENCE, scope: SCOPE },
      ...{ iat: now, exp: now + 300, jti: randomUUID(), cnf: { jkt: signer.jkt } },
    },
  ];
  return Buffer.from(parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.'));
}
