import { createHash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  EmbeddedJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';

/*
 * What RFC 9449 §4.3 says, one step after the other, by `jose` and as slowly as it likes. It shares no code with the
 * verifier that it is held against, and is as lenient as `jose` and `URL` are.
 */

export interface ReferenceOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly origin: string;
  readonly jwks: JSONWebKeySet;
  readonly algorithms: string[];
  readonly nonce: 'required' | 'optional' | 'off';
  /** Nonces of this server, with the step of the clock at which each was handed out. */
  readonly nonces: ReadonlyMap<string, number>;
  readonly step: number;
  readonly maxAge: number;
  readonly skew: number;
}

export interface ReferenceRequest {
  readonly method: string;
  readonly target: string;
  /** name, value, name, value … */
  readonly headers: readonly string[];
}

/** One resource server; it remembers which proofs were used, and which keys have used a nonce. */
export class Reference {
  readonly #options: ReferenceOptions;
  readonly #jwks: ReturnType<typeof createLocalJWKSet>;
  readonly #used = new Set<string>();
  readonly #nonceUsers = new Set<string>();

  constructor(options: ReferenceOptions) {
    this.#options = options;
    this.#jwks = createLocalJWKSet(options.jwks);
  }

  /** 'accepted', or why not. */
  async judge(request: ReferenceRequest, now: number): Promise<string> {
    try {
      await this.#accept(request, now);
      return 'accepted';
    } catch (error) {
      return error instanceof Error ? error.message : 'no reason';
    }
  }

  async #accept({ method, target, headers }: ReferenceRequest, now: number): Promise<void> {
    const { algorithms, issuer, audience, origin, maxAge, skew } = this.#options;
    const currentDate = new Date(now * 1000);
    const times = { currentDate, clockTolerance: skew, algorithms };
    const [scheme = '', accessToken = '', ...rest] = one(fields(headers, 'authorization')).split(/ +/);
    must(scheme.toLowerCase() === 'dpop' && rest.length === 0, 'authorization scheme');

    // 1 and 2: one field with one JWT. 3, 4, 5, 6, 7: what jose checks.
    const proof = one(fields(headers, 'dpop'));
    const requiredClaims = ['jti', 'htm', 'htu', 'iat', 'ath'];
    const { payload } = await jwtVerify(proof, EmbeddedJWK, { ...times, typ: 'dpop+jwt', requiredClaims });
    const { jti, htm, htu, iat, ath } = payload;
    must(typeof jti === 'string', 'jti is a string');
    // 8 and 9
    must(htm === method, 'htm');
    must(typeof htu === 'string' && normal(htu) === normal(origin + target), 'htu');
    // 12a
    must(ath === createHash('sha256').update(accessToken).digest('base64url'), 'ath');

    // RFC 9068 §4
    const required = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];
    const expected = { ...times, issuer, audience, requiredClaims: required, typ: 'at+jwt' };
    const token = await jwtVerify(accessToken, this.#jwks, expected);
    for (const claim of ['sub', 'client_id', 'jti']) must(typeof token.payload[claim] === 'string', claim);
    // 12b
    const jkt = await calculateJwkThumbprint(decodeProtectedHeader(proof).jwk as JWK);
    must((token.payload['cnf'] as { jkt?: unknown } | undefined)?.jkt === jkt, 'binding');

    // 10 and 11
    const isByNonce = this.#acceptsNonce(payload, jkt, now);
    must(isByNonce || (iat !== undefined && iat >= now - maxAge && iat <= now + skew), 'iat');
    // The very proof would be good again without its nonce
    must(this.#options.nonce !== 'off' || (iat !== undefined && iat <= now + skew), 'iat ahead');
    // §11.1: in the context of the URI
    const use = JSON.stringify([jkt, jti, method, normal(origin + target)]);
    must(!this.#used.has(use), 'replay');
    this.#used.add(use);
    if (isByNonce) this.#nonceUsers.add(jkt);
  }

  /** Whether a nonce says that the proof is fresh; throws where one has to and does not. */
  #acceptsNonce({ nonce }: JWTPayload, jkt: string, now: number): boolean {
    const age = Math.floor(now / this.#options.step) - (this.#options.nonces.get(nonce as string) ?? Number.NaN);
    if (age === 0 || age === 1) return true;
    const { nonce: policy } = this.#options;
    // §11.3: who has used one may not fall back to none
    must(policy !== 'required' && !this.#nonceUsers.has(jkt), 'nonce');
    must(policy === 'off' || nonce === undefined, 'nonce');
    return false;
  }
}

function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

function fields(headers: readonly string[], name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name);
}

function one(values: readonly string[]): string {
  must(values.length === 1, 'one field');
  return values[0] ?? '';
}

/** RFC 3986 §6.2.2–6.2.3 for an http URI without query and fragment: what `URL` does, and what it leaves undone. */
function normal(uri: string): string {
  const url = new URL(uri);
  url.search = '';
  url.hash = '';
  return url.href.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : octet.toUpperCase();
  });
}
