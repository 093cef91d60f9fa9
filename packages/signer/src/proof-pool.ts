import type { Clock } from '@holdfast/proof';
import { createProofStock, type ProofStock } from './proof-stock.ts';
import type { ProofRequest, Signer } from './signer.ts';
import { withoutQuery } from './url.ts';

export interface ProofPoolOptions {
  readonly signer: Pick<Signer, 'proof'>;
  /** The requests to have proofs ready for. Query and fragment do not matter. */
  readonly requests: readonly Pick<ProofRequest, 'method' | 'url'>[];
  /** Proofs to have ready for each of them: the burst that is to find one each. 1 to 1000, default 32. */
  readonly size?: number;
  /**
   * Seconds after which a proof is thrown away. Default 20: the narrowest windows in the field are 25 and 30 seconds, and a
   * proof has to arrive and the clocks may differ.
   */
  readonly maxAge?: number;
  /** The signer's clock. */
  readonly clock?: Clock;
}

export interface ProofPool {
  /** A proof that is ready, and from now on nobody else's. Undefined: sign one. */
  take(request: ProofRequest): string | undefined;
  /** Forgets all proofs and tokens. From then on there is nothing to take. */
  close(): void;
}

/**
 * Proofs that are signed before they are needed, so that a request of a burst does not wait for its signature: taking one
 * costs less than a microsecond. Only for requests that are named, and for the token and the nonce of the last `take` of
 * each: the first `take`, and the first one with another token or nonce, finds nothing. When half are gone, new ones are
 * signed between other work; who takes nothing for 3 × `maxAge` loses what there is, and nothing more is signed.
 *
 *     const proof = pool.take(request) ?? (await signer.proof(request));
 *
 * What it costs. CPU is moved and not saved: each proof is signed as before, and those that nobody takes are signed for
 * nothing, up to `size` for each request whenever its nonce changes, and again each ¾ `maxAge` without traffic. With
 * nonces of 60 seconds, 32 proofs and the default age that is some 3 proofs a second for each request while it is in use;
 * a nonce that is good for one request makes the pool useless. They count for the signer's `mostPerSecond`, and each is on
 * its channel when it is signed, not when it is taken.
 *
 * What it risks (RFC 9449 §11.2). Whoever reads this process's memory finds proofs to use until nonce or age ends, without
 * the key; for keys that are elsewhere, in an HSM or a KMS, that is more than there was to find. They go by method, URL and
 * token: a signature over a body cannot be made in advance.
 *
 * NOT checked: URLs. For one that the signer refuses, or when its key fails, nothing is ready, and who signs learns why.
 */
export function createProofPool(options: ProofPoolOptions): ProofPool {
  const { signer, requests, size = 32, maxAge = 20, clock = Date.now } = options;
  if (!(Number.isInteger(size) && size >= 1 && size <= 1000)) throw new TypeError('size: a whole number, 1 to 1000');
  if (!(maxAge > 0 && maxAge <= 300)) throw new TypeError('maxAge: seconds, more than 0 and 300 at most');
  const stocks = new Map<string, ProofStock>();
  for (const { method, url } of requests) {
    const request = { method, url: withoutQuery(url) };
    stocks.set(nameOf(request), createProofStock({ signer, request, size, maxAge: maxAge * 1000, clock }));
  }
  return {
    take: (request) => stocks.get(nameOf(request))?.take(request.accessToken, request.nonce),
    close() {
      for (const stock of stocks.values()) stock.clear();
      stocks.clear();
    },
  };
}

// No method has a space in it
const nameOf = ({ method, url }: Pick<ProofRequest, 'method' | 'url'>) => `${method} ${withoutQuery(url)}`;
