import { randomUUID } from 'node:crypto';
import { HoldfastError, type HttpMessage } from '@holdfast/proof';
import { type Access, createVerifier, type Requirement, type Verifier, type VerifierOptions } from '@holdfast/verifier';
import { type Forgery, forge, type Key, type Members, makeKey, published, sha256 } from './forge.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'urn:holdfast:venue';
export const ORIGIN = 'https://venue.example';

/** A request as a test describes it: a good one, unless it says otherwise. */
export interface Attempt {
  /** Default: DPoP; with `bearer`, see below, Bearer. */
  readonly scheme?: string;
  readonly token?: Forgery | string;
  /** Null: none. Default: a good one for the DPoP scheme, none for another. */
  readonly proof?: Forgery | string | null;
  readonly method?: string;
  readonly target?: string;
  readonly certificate?: Uint8Array;
  /** More fields: name, value, name, value … */
  readonly fields?: readonly string[];
}

/** One verifier with its issuer, one client, and a clock that only the test moves. */
export class Scene {
  readonly clock = { now: Date.UTC(2026, 10, 20, 12, 0, 30) };
  readonly issuerKey: Key;
  readonly client: Key;
  readonly verifier: Verifier;
  readonly #usesNonces: boolean;
  readonly #issuer: string;

  /** `age`: seconds since the verifier began, which matters without nonces. */
  constructor(options: Partial<VerifierOptions> = {}, keys: { issuer?: Key; client?: Key } = {}, age = 3600) {
    this.issuerKey = keys.issuer ?? makeKey('ES256', 'issuer-1');
    this.client = keys.client ?? makeKey('ES256');
    this.#usesNonces = options.nonce !== 'off';
    this.#issuer = typeof options.issuer === 'string' ? options.issuer : ISSUER;
    this.wait(-age);
    this.verifier = createVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      origin: ORIGIN,
      jwks: { keys: [published(this.issuerKey)] },
      clock: () => this.clock.now,
      ...options,
    });
    this.wait(age);
  }

  /** NumericDate of the scene. */
  get now(): number {
    return Math.floor(this.clock.now / 1000);
  }

  wait(seconds: number): void {
    this.clock.now += seconds * 1000;
  }

  /** The nonce that the verifier hands out now. */
  async nonce(): Promise<string | undefined> {
    const refusal = await this.#refusalOf({ method: 'GET', target: '/orders', headers: [] });
    return refusal.headers['DPoP-Nonce'];
  }

  token({ key = this.issuerKey, header, payload }: Forgery = {}): string {
    const claims = {
      iss: this.#issuer,
      aud: AUDIENCE,
      sub: 'trader-1',
      client_id: 'client-1',
      scope: 'orders:read orders:write',
      jti: randomUUID(),
      iat: this.now - 5,
      exp: this.now + 300,
      cnf: { jkt: this.client.jkt },
    };
    return forge(key, { typ: 'at+jwt', alg: key.alg, kid: key.kid, ...header }, { ...claims, ...payload });
  }

  async proof(token: string, { key = this.client, header, payload }: Forgery = {}): Promise<string> {
    const claims: Members = {
      jti: randomUUID(),
      htm: 'GET',
      htu: `${ORIGIN}/orders`,
      iat: this.now,
      ath: sha256(token),
      ...(this.#usesNonces ? { nonce: await this.nonce() } : {}),
    };
    return forge(key, { typ: 'dpop+jwt', alg: key.alg, jwk: key.publicJwk, ...header }, { ...claims, ...payload });
  }

  async message(attempt: Attempt = {}): Promise<HttpMessage> {
    const { scheme = 'DPoP', method = 'GET', target = '/orders', certificate, fields = [] } = attempt;
    const token = typeof attempt.token === 'string' ? attempt.token : this.token(attempt.token);
    const headers = ['Authorization', `${scheme} ${token}`];
    const { proof = scheme.toLowerCase() === 'dpop' ? {} : null } = attempt;
    if (proof !== null) {
      const claims = { htm: method, htu: ORIGIN + target.replace(/[?#].*/, '') };
      const forgery = typeof proof === 'string' ? {} : { ...proof, payload: { ...claims, ...proof.payload } };
      headers.push('DPoP', typeof proof === 'string' ? proof : await this.proof(token, forgery));
    }
    return { method, target, headers: [...headers, ...fields], certificate };
  }

  async send(attempt: Attempt = {}, requirement?: Requirement): Promise<Access> {
    return await this.verifier.verify(await this.message(attempt), requirement);
  }

  async refusal(attempt: Attempt | HttpMessage = {}, requirement?: Requirement): Promise<HoldfastError> {
    const isMessage = 'headers' in attempt;
    return await this.#refusalOf(isMessage ? attempt : await this.message(attempt), requirement);
  }

  /** The reason code of a refusal. */
  async code(attempt: Attempt | HttpMessage = {}, requirement?: Requirement): Promise<string> {
    return (await this.refusal(attempt, requirement)).code;
  }

  async #refusalOf(message: HttpMessage, requirement?: Requirement): Promise<HoldfastError> {
    const [outcome] = await Promise.allSettled([this.verifier.verify(message, requirement)]);
    if (outcome.status === 'fulfilled') throw new Error('the request was accepted');
    if (outcome.reason instanceof HoldfastError) return outcome.reason;
    throw new Error('not a HoldfastError', { cause: outcome.reason });
  }
}

/** A certificate-bound token's claims for a certificate. */
export function boundTo(certificate: Uint8Array): Forgery {
  return { payload: { cnf: { 'x5t#S256': sha256(certificate) } } };
}
