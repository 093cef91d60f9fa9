import {
  acceptSignature,
  asRefusal,
  boundedReplay,
  type CheckedProof,
  type Clock,
  type Credential,
  challenge,
  checkProof,
  createNonces,
  createSenderKeyCache,
  type Expected,
  type Finding,
  HoldfastError,
  type HttpMessage,
  matchConfirmation,
  matchContent,
  proofField,
  type ResponseToSign,
  readCredential,
  readProof,
  reserveJti,
  seconds,
  targetPath,
  verifyProof,
  verifyProofOnPool,
} from '@holdfast/proof';
import {
  type Access,
  checkAuthorizationDetails,
  checkScope,
  grantAccess,
  type Requirement,
  signedOf,
  statusOf,
} from './access.ts';
import { startTrace } from './diagnostics.ts';
import { explain } from './explain.ts';
import { createIssuers } from './issuer/issuers.ts';
import { isVolatile, readOptions, type VerifierOptions } from './options.ts';
import { createReplayTable } from './replay-table.ts';
import { readRequirement } from './requirement.ts';
import { describeResource, type ResourceMetadata } from './resource-metadata.ts';
import { createRevocations, type Revocation } from './revocations.ts';
import {
  type CheckedSignatures,
  createMessageSignatures,
  neededSignatures,
  normalOrigin,
} from './signature/message-signatures.ts';
import { type PublishedKeys, publishKey, signAnswer } from './signature/response-signing.ts';
import { createTokens } from './token/tokens.ts';
import { createWatches } from './watches.ts';

export interface Verifier {
  /**
   * Decides one request. Resolves with what the sender may do, or rejects with a `HoldfastError` whose status and
   * headers are the answer. NOT checked: the body of the request, which no proof signs (RFC 9449 §11.7), so that where the
   * requirement has `signature`, `checkContent` has to follow; and the revocation of a JWT that this verifier was not told
   * of, by a status list that the token refers to, by `revoke` or by the option `isRevoked`.
   */
  verify(message: HttpMessage, requirement?: Requirement): Promise<Access>;
  /**
   * Compares the body of a request with what its signature covers, before anybody reads it: for an access that was given
   * where the requirement had `signature`. `content` is the body as it was sent, empty when there was none. Throws
   * `digest_missing`, `digest_mismatch`, `digest_malformed` or `digest_unsupported`, and TypeError for any other access.
   */
  checkContent(access: Access, content: Uint8Array): void;
  /**
   * The fields that sign an answer over the request that it answers (FAPI 2.0 HTTP Signatures §5.3.2.1); none, when the
   * request carries no signature, or one that covers what did not come with it, or the option `responseSigning` is not
   * given. `content` is the body as it will be sent.
   */
  signResponse(message: HttpMessage, response: ResponseToSign): Promise<Readonly<Record<string, string>>>;
  /**
   * Makes every check on a message without stopping at the first that fails, and says of each where it is required and
   * how it went. For people who look for a mistake, never for decisions about access: it uses up nothing, so that it
   * cannot see a replay, and costs more than `verify`.
   */
  explain(message: HttpMessage, requirement?: Requirement): Promise<readonly Finding[]>;
  /** From now on the token is refused, and what `watch` watches for it ends. */
  revoke(revocation: Revocation): void;
  /**
   * Watches over a connection that outlives the request that opened it: calls `onEnd` once when the token of that
   * access expires, is revoked, or could not be checked twice in a row. Returns what ends the watching.
   */
  watch(access: Access, onEnd: (refusal: HoldfastError) => void): () => void;
  /** RFC 9728, when the option is given; the adapters serve it. */
  readonly metadata: ResourceMetadata | undefined;
  /** The keys that verify its responses, when it signs any; the adapters serve them. */
  readonly responseKeys: PublishedKeys | undefined;
}

/** A resource server's verifier for DPoP-bound (RFC 9449) and certificate-bound (RFC 8705) access tokens. */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = readOptions(options);
  const { origin, clock, maxAge, skew, timeout } = settings;
  const algorithms: ReadonlySet<string> = new Set(settings.algorithms);
  const onStatusChange = () => watches.lookAtRevoked();
  const issuers = createIssuers(settings.trusted, { ...settings, algorithms, onStatusChange });
  const revocations = createRevocations(clock, new Set(settings.trusted.map(({ issuer }) => issuer)));
  const tokens = createTokens({ ...settings, issuers, algorithms, revocations });
  const watches = createWatches({ tokens, isRevoked, clock, interval: settings.watchInterval });
  const senderKeys = createSenderKeyCache();
  const nonces = createNonces({
    clock,
    server: `resource ${origin}`,
    secrets: settings.nonceSecrets,
    step: settings.nonceStep,
  });
  const replay = boundedReplay(settings.replay ?? createReplayTable({ clock }), { clock, timeout });
  const forgottenUntil = isVolatile(settings.replay) ? beginning(clock) + skew : Number.NEGATIVE_INFINITY;
  const verifySignature = settings.signatures === 'pool' ? verifyProofOnPool : verifyProof;
  const signedOrigin = normalOrigin(origin);
  const messageSignatures = createMessageSignatures({ origin: signedOrigin, algorithms, maxAge, skew });
  const responseKeys = settings.responseSigning && publishKey(settings.responseSigning, origin);
  const metadata =
    settings.metadata && describeResource({ ...settings, members: settings.metadata, keysUrl: responseKeys?.url });

  /** The line from request to access. Cheap checks first, nothing is stored before everything else has passed. */
  async function verify(message: HttpMessage, requirement: Requirement = {}): Promise<Access> {
    const trace = startTrace();
    try {
      const now = seconds(clock);
      // RFC 9449 §7.1, RFC 6750 §2.1: one token, in the Authorization field
      const credential = readCredential(message, tokens.isKnown);
      trace?.note({ scheme: credential.scheme });
      // RFC 9449 §4.3 (1)–(5), (7)–(12a): the proof is sound and for this request, this token, this moment
      const proof = credential.scheme === 'DPoP' ? checkedProof(message, credential, now) : undefined;
      trace?.passed('proof', proof);
      const needed = readRequirement(requirement);
      // RFC 9068 §4, RFC 7662 §2.2: the issuer vouches for the token, for this resource, and it has not ended
      const token = await tokens.verified(credential.token, now, trace);
      trace?.passed('token');
      // RFC 9449 §4.3 (12b), RFC 8705 §3: the token is bound to this key or certificate
      matchConfirmation(token.confirmation, { ...credential, proof, certificate: message.certificate });
      // RFC 9449 §4.3 (6): the sender holds the key
      const verified = proof && (await verifySignature(proof));
      trace?.passed('signature');
      // FAPI 2.0 HTTP Signatures §5.3.1.2: a signature of this moment covers what of the request it has to. Strangers do not
      // come here: what they wrote could take longer to read than a signature takes to verify
      const signatures = checkedSignatures(message, credential, needed, now);
      // RFC 9421 §3.2: the same sender has signed the message; its body is compared when it is there, by `checkContent`
      const signed = signatures && messageSignatures.verify(signatures, verified);
      if (signed !== undefined) trace?.passed('message');
      // RFC 6750 §3.1, RFC 9396 §9: the token is good for what is asked
      checkScope(token, needed);
      checkAuthorizationDetails(token, needed);
      // RFC 9449 §11.1: the proof is used for the first time; last, so that no refusal uses it up
      if (verified !== undefined) {
        await reserveJti(replay, verified);
        senderKeys.keep(verified);
      }
      trace?.passed('replay');
      // FAPI 2.0 §5.3.4: also when it was revoked while the store answered
      const access = grantAccess(token, { compact: credential.token, nonce: nextNonce(proof), signed });
      if (isRevoked(access)) throw new HoldfastError('token_revoked');
      trace?.granted(access);
      return access;
    } catch (thrown) {
      const refusal = refuse(message, asRefusal(thrown), requirement);
      trace?.refused(refusal);
      // Node keeps books on promises that reject before anybody can have awaited them, which costs more than all that was
      // refused: a flood of garbage would pay for it
      await undefined;
      throw refusal;
    }
  }

  function checkedProof(message: HttpMessage, credential: Credential, now: number): CheckedProof {
    const compact = proofField(message);
    if (compact === undefined) throw new HoldfastError('proof_missing');
    const proof = readProof(compact, algorithms, senderKeys);
    return checkProof(proof, expectedProof(message, credential, now, proof.jkt));
  }

  function checkedSignatures(
    message: HttpMessage,
    { token }: Credential,
    { signature: policy }: Requirement,
    now: number,
  ): CheckedSignatures | undefined {
    const signature = neededSignatures(message, policy);
    return signature && messageSignatures.check(message, signature, { now, ath: tokens.ath(token) });
  }

  /** What a proof by this key has to say that comes with this request and token. */
  function expectedProof(message: HttpMessage, { token }: Credential, now: number, jkt: string): Expected {
    const path = targetPath(message.target, origin);
    if (path === undefined) throw new HoldfastError('request_malformed');
    const policy = settings.nonce;
    // RFC 9449 §11.3: who has used a nonce of ours may not fall back to none
    const usesNonces = policy !== 'required' && senderKeys.usesNonces(jkt);
    const freshness = { now, maxAge, skew, nonces, policy, usesNonces, forgottenUntil };
    return { htm: message.method, htu: origin + path, ath: tokens.ath(token), freshness };
  }

  function isRevoked(access: Access): boolean {
    const status = statusOf(access);
    return revocations.has(access) || (status?.lists.isRevoked(status) ?? false);
  }

  // RFC 9449 §8.2: only to who uses nonces, and only when it is news
  function nextNonce(proof: CheckedProof | undefined): string | undefined {
    if (proof?.freshBy !== 'nonce') return undefined;
    const nonce = nonces.current();
    return proof.nonce === nonce ? undefined : nonce;
  }

  function refuse(message: HttpMessage, refusal: HoldfastError, requirement: Requirement = {}): HoldfastError {
    try {
      const needsNonce = settings.nonce === 'required' || refusal.error === 'use_dpop_nonce';
      const headers = challenge(message, refusal, {
        algorithms: settings.algorithms,
        nonces: needsNonce ? nonces : undefined,
        clock,
        metadataUrl: metadata?.url,
      });
      refusal.headers = { ...headers, ...signaturesWanted(message, refusal, requirement) };
      return refusal;
    } catch (cause) {
      return refuse(message, new HoldfastError('internal', { cause })); // whose answer needs neither message nor clock
    }
  }

  return {
    verify,
    checkContent(access, content) {
      const signed = signedOf(access);
      if (signed === undefined) throw new TypeError('access: of a request whose signature this verifier verified');
      try {
        matchContent(signed, content);
      } catch (thrown) {
        const refusal = refuse(signed.message, asRefusal(thrown), { signature: signed.needed });
        startTrace()?.refused(refusal);
        throw refusal;
      }
    },
    async signResponse(message, response) {
      const { responseSigning } = settings;
      return responseSigning
        ? await signAnswer(message, response, { ...responseSigning, origin: signedOrigin, clock })
        : {};
    },
    async explain(message, requirement = {}) {
      const needed = readRequirement(requirement);
      const now = seconds(clock);
      const expected = (credential: Credential, jkt: string) => expectedProof(message, credential, now, jkt);
      return await explain(message, needed, {
        ...settings,
        issuers,
        tokens,
        messageSignatures,
        algorithms,
        now,
        expected,
      });
    },
    revoke(revocation) {
      revocations.add(revocation);
      watches.lookAtRevoked();
    },
    watch: watches.watch,
    metadata,
    responseKeys,
  };
}

/** RFC 9421 §5: what the next request has to be signed with. */
function signaturesWanted(message: HttpMessage, { error }: HoldfastError, needed: Requirement): Record<string, string> {
  if (error !== 'invalid_signature') return {};
  return { 'Accept-Signature': acceptSignature(message, needed.signature === 'evidence') };
}

/**
 * NumericDate from which on a table of this process remembers. What was used before is forgotten, also what was dated
 * ahead then; and all of it, for ever, when the clock does not say when the process began.
 */
function beginning(clock: Clock): number {
  try {
    return seconds(clock);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
