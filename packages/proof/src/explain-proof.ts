import { HoldfastError } from './errors.ts';
import type { Findings } from './findings.ts';
import { checkFreshness } from './freshness.ts';
import { readSignature } from './jws.ts';
import type { HttpMessage } from './message.ts';
import {
  type CheckedProof,
  checkAth,
  checkHtm,
  checkHtu,
  type Expected,
  proofField,
  type SenderKey,
  verifyProof,
} from './proof.ts';
import { readProofClaims, readSenderKey, splitProof } from './proof-syntax.ts';

export interface ProofToExplain {
  readonly message: HttpMessage;
  readonly algorithms: ReadonlySet<string>;
  /** What the proof is compared with; undefined where the request does not say. `jkt`: the key that it carries. */
  readonly expected: (jkt: string) => Expected | undefined;
}

/**
 * The items of RFC 9449 §4.3, one by one. Gives the key of the proof when that much is sound. NOT checked: replay, which
 * could only be seen by using the proof up.
 */
export async function explainProof(
  findings: Findings,
  { message, algorithms, expected }: ProofToExplain,
): Promise<SenderKey | undefined> {
  const rfc = (item: string) => `RFC 9449 §4.3 (${item})`;
  const compact = await findings.check('one DPoP field', rfc('1'), [], () => requireField(message));
  const segments = await findings.check('a compact JWT of three segments', rfc('2'), [compact], splitProof);
  const sender = await findings.check('typ, alg and a sound public key', `${rfc('4')}, (5), (7)`, [segments], (parts) =>
    readSenderKey(parts, algorithms),
  );
  const claims = await findings.check('the claims that are required', rfc('3'), [segments], readProofClaims);
  const wanted = sender && expected(sender.jkt);
  await findings.check('htm is the method', rfc('8'), [claims, wanted], (proof, { htm }) => checkHtm(proof, htm));
  await findings.check('htu is the URI', rfc('9'), [claims, wanted], (proof, { htu }) => checkHtu(proof, htu));
  await findings.check('ath is the hash of the token', rfc('12'), [claims, wanted?.ath], checkAth);
  await findings.check('recent, by nonce or iat', `${rfc('10')}, (11)`, [claims, wanted], (proof, { freshness }) =>
    checkFreshness(proof, freshness),
  );
  await findings.check('the signature', rfc('6'), [segments, sender], (parts, key) => {
    const signature = readSignature(parts, 'proof_malformed');
    // Not checked, as its type says: the findings before this one say whether it would be
    return verifyProof({ segments: parts, sender: key, signature } as unknown as CheckedProof);
  });
  return sender;
}

function requireField(message: HttpMessage): string {
  const compact = proofField(message);
  if (compact === undefined) throw new HoldfastError('proof_missing');
  return compact;
}
