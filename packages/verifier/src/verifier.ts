import {
  type Algorithm,
  asRefusal,
  boundedReplay,
  type CheckedProof,
  type Clock,
  checkProof,
  createNonces,
  FAPI_ALGORITHMS,
  HoldfastError,
  type HttpMessage,
  matchConfirmation,
  proofField,
  type ReplayStore,
  readProof,
  reserveJti,
  type SenderKey,
  seconds,
  targetPath,
  type VerifiedProof,
  verifyProof,
} from '@holdfast/proof';
import { type Access, checkScope, grantAccess } from './access.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { challenge } from './challenge.ts';
import { type Credential, readCredential } from './credential.ts';
import { discoveredKeys, givenKeys } from './issuer-keys.ts';
import type { Jwks } from './key-set.ts';
import { checkOptions } from './options.ts';
import { checkOrigin } from './origin.ts';
import { createReplayTable } from './replay-table.ts';
import { type VerifiedToken, verifyToken } from './token.ts';
import { createTokenCache } from './token-cache.ts';

export interface VerifierOptions {
  /** Issuer identifier (RFC 8414 §2), compared code point by code point. */
  readonly issuer: string;
  /** The identifier of this resource in `aud` (RFC 9068 §3). */
  readonly audience: string;
  /** Public origin of this resource: what `htu` begins with. Never taken from the Host field. */
  readonly origin: string;
  /** Keys of the issuer, read once. Left out: fetched by the issuer's metadata, kept, and asked for again. */
  readonly jwks?: Jwks;
  /** JWS algorithms for proofs and tokens. Default: FAPI 2.0 §5.4.1. */
  readonly algorithms?: readonly Algorithm[];
  /** 'required' (default): a proof carries a recent nonce of this server. 'off': `iat` decides. */
  readonly nonce?: 'required' | 'off';
  /** Where used proofs are remembered. Default: a table in this process, enough while nonces are its own. */
  readonly replay?: ReplayStore;
  /** Seconds that the `iat` of a proof without nonce may lie in the past. Default 60. */
  readonly maxAge?: number;
  /** Seconds that `iat` and `nbf` may lie in the future. Default 10. */
  readonly skew?: number;
  /** Milliseconds that the replay store, and each document of the issuer, may take. Default 2000. */
  readonly timeout?: number;
  readonly clock?: Clock;
  /** For the issuer's metadata and keys. */
  readonly fetch?: typeof globalThis.fetch;
  /** Allows an `http:` origin on loopback, for tests and benchmarks. */
  readonly allowLoopbackHttp?: boolean;
}

export interface Requirement {
  /** Scopes that the token must have, all of them. */
  readonly scope?: readonly string[];
}

export interface Verifier {
  /**
   * Decides one request. Resolves with what the sender may do, or rejects with a `HoldfastError` whose status and
   * headers are the answer. NOT checked: the body of the request, which no proof signs (RFC 9449 §11.7), and
   * revocation of the token before it expires.
   */
  verify(message: HttpMessage, requirement?: Requirement): Promise<Access>;
}

/** A resource server's verifier for DPoP-bound (RFC 9449) and certificate-bound (RFC 8705) access tokens. */
export function createVerifier(options: VerifierOptions): Verifier {
  checkOptions(options);
  const { issuer, audience, clock = Date.now, fetch = globalThis.fetch } = options;
  const { maxAge = 60, skew = 10, timeout = 2000 } = options;
  const origin = checkOrigin(options.origin, options.allowLoopbackHttp ?? false);
  const names = options.algorithms ?? FAPI_ALGORITHMS;
  const algorithms: ReadonlySet<string> = new Set(names);
  const keys = options.jwks === undefined ? discoveredKeys({ issuer, fetch, clock, timeout }) : givenKeys(options.jwks);
  const tokens = createTokenCache(keys);
  // Only keys whose proof verified for a token bound to them come in, so that strangers cannot crowd them out
  const senderKeys = createBoundedCache<SenderKey>({ maxEntries: 20_000, maxKeyBytes: 16 * 1024 * 1024 });
  const nonces = options.nonce === 'off' ? undefined : createNonces({ clock });
  const replay = boundedReplay(options.replay ?? createReplayTable({ clock }), { clock, timeout });

  /** The line from request to access. Cheap checks first, nothing is stored before everything else has passed. */
  async function decide(message: HttpMessage, scope: readonly string[]): Promise<Access> {
    const now = seconds(clock);
    // RFC 9449 §7.1, RFC 6750 §2.1: one token, in the Authorization field
    const credential = readCredential(message);
    // RFC 9449 §4.3 (1)–(5), (7)–(12a): the proof is sound and for this request, this token, this moment
    const proof = credential.scheme === 'DPoP' ? checkedProof(message, credential, now) : undefined;
    // RFC 9068 §4: the issuer signed the token, for this resource, and it has not expired
    const token = await verifiedToken(credential.token, now);
    // RFC 9449 §4.3 (12b), RFC 8705 §3: the token is bound to this key or certificate
    matchConfirmation(token.confirmation, { ...credential, proof, certificate: message.certificate });
    // RFC 9449 §4.3 (6): the sender holds the key
    const verified = proof === undefined ? undefined : verifyProof(proof);
    // RFC 6750 §3.1: the token is good for what is asked
    checkScope(token, scope);
    // RFC 9449 §11.1: the proof is used for the first time; last, so that no refusal uses it up
    if (verified !== undefined) await useUp(verified);
    return grantAccess(token, proof, nonces?.current());
  }

  async function useUp(proof: VerifiedProof): Promise<void> {
    await reserveJti(replay, proof);
    const { segments, sender } = proof;
    if (senderKeys.recall(segments.header) === undefined) senderKeys.keep(segments.header, sender);
  }

  async function verifiedToken(compact: string, now: number): Promise<VerifiedToken> {
    const known = await tokens.recall(compact, now);
    return known ?? tokens.keep(compact, await verifyToken(compact, { issuer, audience, algorithms, keys, now, skew }));
  }

  function checkedProof(message: HttpMessage, { token }: Credential, now: number): CheckedProof {
    const path = targetPath(message.target, origin);
    if (path === undefined) throw new HoldfastError('request_malformed');
    const compact = proofField(message);
    if (compact === undefined) throw new HoldfastError('proof_missing');
    return checkProof(readProof(compact, algorithms, senderKeys), {
      htm: message.method,
      htu: origin + path,
      ath: tokens.ath(token),
      freshness: { now, maxAge, skew, nonces },
    });
  }

  function refuse(message: HttpMessage, refusal: HoldfastError): HoldfastError {
    try {
      refusal.headers = challenge(message, refusal, { algorithms: names, nonces });
      return refusal;
    } catch (cause) {
      return refuse(message, new HoldfastError('internal', { cause })); // whose answer needs neither message nor clock
    }
  }

  return {
    async verify(message, { scope = [] } = {}) {
      try {
        return await decide(message, scope);
      } catch (thrown) {
        throw refuse(message, asRefusal(thrown));
      }
    },
  };
}
