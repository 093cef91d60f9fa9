import { randomBytes } from 'node:crypto';
import { ath, type Clock, HoldfastError, normalizeHtu, type ProofKey, readPublicHalf, seconds } from '@holdfast/proof';
import { segment, signCompact } from './compact.ts';
import { checkUrl } from './url.ts';

export interface ProofRequest {
  /** Method of the request, as it will be sent: methods are case-sensitive. */
  readonly method: string;
  /** URL of the request; query and fragment do not go into the proof. */
  readonly url: string;
  /** The token that travels with the proof; left out at the token endpoint. */
  readonly accessToken?: string | undefined;
  /** The newest nonce of the server that is called. */
  readonly nonce?: string | undefined;
}

export interface Signer {
  /** Thumbprint of the key: what a token bound to it has in `cnf.jkt`. */
  readonly jkt: string;
  /** One DPoP proof for one request (RFC 9449 §4.2): a new jti every time, so it is never sent twice. */
  proof(request: ProofRequest): Promise<string>;
}

export interface SignerOptions {
  readonly key: ProofKey;
  readonly clock?: Clock;
  /** Allows `http:` URLs on loopback, for tests and benchmarks. */
  readonly allowLoopbackHttp?: boolean;
}

export function createSigner({ key, clock = Date.now, allowLoopbackHttp = false }: SignerOptions): Signer {
  const header = segment({ typ: 'dpop+jwt', alg: key.alg, jwk: readPublicHalf(key.publicJwk, key.alg) });
  return {
    jkt: key.jkt,
    async proof({ method, url, accessToken, nonce }) {
      return signCompact(key, header, {
        jti: randomBytes(16).toString('base64url'), // RFC 9449 §4.2: 128 bits, beyond collision
        htm: method,
        htu: readHtu(url, allowLoopbackHttp),
        iat: seconds(clock),
        ...(accessToken === undefined ? {} : { ath: ath(accessToken) }),
        ...(nonce === undefined ? {} : { nonce }),
      });
    },
  };
}

// RFC 9449 §4.2: the target URI without query and fragment, in the spelling in which it is sent
function readHtu(url: string, allowLoopbackHttp: boolean): string {
  checkUrl(url, allowLoopbackHttp);
  const htu = url.split(/[?#]/, 1)[0] ?? '';
  if (normalizeHtu(htu) === undefined) throw new HoldfastError('url_refused', { detail: 'not an http URI' });
  return htu;
}
