import { ath, type Clock, type ProofKey, readPublicHalf, seconds } from '@holdfast/proof';
import { segment, signInput } from './compact.ts';
import { keepingLast } from './last-answers.ts';
import { payloadSegment } from './proof-payload.ts';
import { recordProof } from './proof-record.ts';
import { createSigningLimit } from './signing-limit.ts';
import { createHtuReader } from './url.ts';

export interface ProofRequest {
  /** Method of the request, as it will be sent: methods are case-sensitive. */
  readonly method: string;
  /** URL of the request; query and fragment do not go into the proof. */
  readonly url: string;
  /** The token that travels with the proof; left out at the token endpoint. */
  readonly accessToken?: string | undefined;
  /** The newest nonce of the server that is called. */
  readonly nonce?: string | undefined;
  /** The clock of the server that is called, where it is known to differ. Default: that of the signer. */
  readonly clock?: Clock | undefined;
}

export interface Signer {
  /** Thumbprint of the key: what a token bound to it has in `cnf.jkt`. */
  readonly jkt: string;
  /**
   * One DPoP proof for one request (RFC 9449 §4.2): a new jti every time, so it is never sent twice. Rejects with
   * `url_refused`, `signing_rate_exceeded`, or what the key fails with.
   */
  proof(request: ProofRequest): Promise<string>;
}

export interface SignerOptions {
  readonly key: ProofKey;
  readonly clock?: Clock;
  /** Allows `http:` URLs on loopback, for tests and benchmarks. */
  readonly allowLoopbackHttp?: boolean;
  /**
   * Proofs that it makes in a second, and after a pause as many again at once. Default 20 000, which is half of what one
   * core can sign.
   */
  readonly mostPerSecond?: number;
}

const KEPT = 4; // tokens whose hash needs no repeating

/**
 * A signer for one key. What it signs is published on the channel `PROOFS`, and bounded by `mostPerSecond`: whoever can
 * call it can have proofs for any request, also in advance (RFC 9449 §11.4). Throws `key_unusable`.
 */
export function createSigner(options: SignerOptions): Signer {
  const { key, clock = Date.now, allowLoopbackHttp = false, mostPerSecond = 20_000 } = options;
  const { alg, jkt } = key;
  const header = segment({ typ: 'dpop+jwt', alg, jwk: readPublicHalf(key.publicJwk, alg) });
  const htuOf = createHtuReader(allowLoopbackHttp);
  const athOf = keepingLast(KEPT, ath);
  const checkRate = createSigningLimit(mostPerSecond, clock);
  return {
    jkt,
    // Async for its throws to be rejections: a key that signs at once is not waited for
    async proof({ method, url, accessToken, nonce, clock: serverClock = clock }) {
      const htu = htuOf(url);
      checkRate();
      recordProof(jkt, method, htu, accessToken, nonce);
      const bound = accessToken === undefined ? undefined : athOf(accessToken);
      const payload = payloadSegment({ htm: method, htu, iat: seconds(serverClock), ath: bound, nonce });
      return signInput(key, `${header}.${payload}`);
    },
  };
}
