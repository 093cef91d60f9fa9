import {
  algorithms,
  checkEvidenceSignature,
  checkProof,
  createBoundedCache,
  createSenderKeyCache,
  decodeBase64url,
  evidenceRequest,
  HoldfastError,
  matchConfirmation,
  matchContent,
  type Nonces,
  proofField,
  readCertificateKey,
  readProof,
  type SignedRequest,
  type VerificationKey,
  type VerifiedProof,
  verifyEvidenceSignature,
  verifyProof,
  x5tS256,
} from '@holdfast/proof';
import type { OrderEntry } from './entry.ts';

/** Seconds between what a client and a venue call now. An order may also have waited for its body, and for the book. */
export const TOLERANCE = 300;

const ALGORITHMS: ReadonlySet<string> = new Set(Object.keys(algorithms));

/** What an order was signed with: of two orders with one proof, the sender has made one. */
export interface Rechecked {
  /** Undefined without DPoP. */
  readonly proof: { readonly jkt: string; readonly jti: string } | undefined;
}

/**
 * Checks an order again as the venue did when it came: that what was asked, the proof, the certificate, the binding of the
 * token and the signature fit each other. `at`: NumericDate at which it was recorded. Throws a `HoldfastError`.
 *
 * NOT checked: what the token says beside its binding, hash and times, because nobody signed that but the issuer, in the
 * token; whether its issuer gave that token; whether a nonce was one of the venue's; what was answered.
 */
export type Recheck = (order: OrderEntry, at: number) => Rechecked;

export function createRecheck(): Recheck {
  const senderKeys = createSenderKeyCache();
  const certificateKeys = createBoundedCache<VerificationKey>({ maxEntries: 1000, maxKeyBytes: 43_000 });

  function verifiedProof(request: SignedRequest, ath: string, at: number): VerifiedProof {
    const compact = proofField(request);
    if (compact === undefined) throw new HoldfastError('proof_missing');
    const proof = readProof(compact, ALGORITHMS, senderKeys);
    // RFC 9449 §4.3 (11): with a nonce, the venue did not look at iat. Whose nonce it was nobody can tell any more
    const freshness = proof.nonce === undefined ? around(at) : { ...around(at), nonces: ANY_NONCE };
    const [htu = ''] = request.targetUri.split('?', 1);
    const verified = verifyProof(checkProof(proof, { htm: request.method, htu, ath, freshness }));
    senderKeys.keep(verified);
    return verified;
  }

  function certificateKey(certificate: Uint8Array): VerificationKey {
    const x5t = x5tS256(certificate);
    const known = certificateKeys.recall(x5t);
    if (known !== undefined) return known;
    const key = { ...readCertificateKey(certificate, ALGORITHMS), keyids: [x5t], isOfCertificate: true };
    certificateKeys.keep(x5t, key);
    return key;
  }

  return ({ asked, token, certificate: encoded }, at) => {
    const { content, ...request } = asked;
    const certificate = encoded === undefined ? undefined : octetsOf(encoded);
    // As the token has it: DPoP beside a token that is bound to a certificate alone says nothing
    const proof = token.cnf.jkt === undefined ? undefined : verifiedProof(request, token.ath, at);
    matchConfirmation(token.cnf, { scheme: proof === undefined ? 'Bearer' : 'DPoP', proof, certificate });
    checkTokenTimes(token, at);
    const key = proof === undefined ? certificate && certificateKey(certificate) : keyOfProof(proof);
    if (key === undefined) throw new HoldfastError('certificate_missing');
    const checked = checkEvidenceSignature(request, { ath: token.ath, ...around(at) });
    // Others were not recorded
    if (evidenceRequest(request, checked).headers.length !== request.headers.length) {
      throw new HoldfastError('signature_coverage', { detail: 'a field that is not covered' });
    }
    matchContent(verifyEvidenceSignature(checked, key), octetsOf(content));
    return { proof };
  };
}

/** Accepts times from a tolerance before to a tolerance after, and none that had ended before. */
function around(at: number) {
  return { now: at - TOLERANCE, maxAge: 0, skew: 2 * TOLERANCE };
}

const ANY_NONCE: Nonces = { current: () => '', acceptedUntil: () => Number.POSITIVE_INFINITY };

function keyOfProof({ sender, jkt }: VerifiedProof): VerificationKey {
  return { alg: sender.alg, key: sender.imported, keyids: [jkt] };
}

/** RFC 9068 §4: as far as the entry says it, the token was good at that time. */
function checkTokenTimes({ iat, exp }: OrderEntry['token'], at: number): void {
  if (!(exp + TOLERANCE > at)) throw new HoldfastError('token_expired', { skew: exp - at });
  if (iat !== undefined && !(iat - TOLERANCE <= at)) throw new HoldfastError('token_not_yet_valid', { skew: iat - at });
}

function octetsOf(text: string): Buffer {
  const octets = decodeBase64url(text);
  if (octets === undefined) throw new HoldfastError('digest_mismatch', { detail: 'not base64url' });
  return octets;
}
