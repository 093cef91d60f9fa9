export {
  type Algorithm,
  algorithms,
  FAPI_ALGORITHMS,
  isAlgorithm,
  isAvailable,
  verifySignature,
  verifySignatureOnPool,
} from './algorithms.ts';
export { decodeBase64url } from './base64url.ts';
export { type BoundedCache, createBoundedCache } from './bounded-cache.ts';
export { type BoundedReplayOptions, boundedReplay } from './bounded-replay.ts';
export { type CertificateKey, readCertificateKey } from './certificate-key.ts';
export { type ChallengeOptions, challenge } from './challenge.ts';
export { requireNumber, requireString } from './claims.ts';
export { type Clock, seconds } from './clock.ts';
export { type Confirmation, matchConfirmation, type Possession, readConfirmation } from './confirmation.ts';
export { attemptedScheme, type Credential, readCredential } from './credential.ts';
export { type Asked, type Document, type Fetching, fetchDocument, fetchJson, parseObject } from './document.ts';
export { askElsewhere } from './elsewhere.ts';
export { asRefusal, HoldfastError, logFields } from './errors.ts';
export { explainProof, type ProofToExplain } from './explain-proof.ts';
export { createFindings, type Finding, type Findings } from './findings.ts';
export type { Fresh, Freshness, NoncePolicy } from './freshness.ts';
export { ath, x5tS256 } from './hashes.ts';
export { matchesHtu, normalizeHtu } from './htu.ts';
export { importPublicJwk, type PublicJwk, readPublicJwk, thumbprint } from './jwk.ts';
export { isJsonObject, type JsonObject, type Jws, readJws } from './jws.ts';
export {
  type ExternalKey,
  type ForeignKeyPair,
  generateKey,
  importKey,
  type KeySource,
  type PrivateJwk,
  type ProofKey,
  readPublicHalf,
} from './key.ts';
export { createKeySet, type Jwks, type KeySet } from './key-set.ts';
export { fieldValues, type HttpMessage, hasField, targetPath, targetUri } from './message.ts';
export { metadataUrl } from './metadata.ts';
export { headersFromNode, isCertificateTrusted, messageFromNode } from './node-http.ts';
export { createNonces, type NonceOptions, type Nonces } from './nonce.ts';
export {
  type CheckedProof,
  checkProof,
  type Expected,
  type Proof,
  proofField,
  type SenderKey,
  type SenderKeys,
  type VerifiedProof,
  verifyProof,
  verifyProofOnPool,
} from './proof.ts';
export { readProof } from './proof-syntax.ts';
export { type Code, type OAuthError, refusals } from './refusals.ts';
export { createRenewable, type Renewable } from './renewable.ts';
export { replayKey, reserve, reserveJti } from './replay.ts';
export { createSenderKeyCache, type SenderKeyCache } from './sender-keys.ts';
export { acceptSignature } from './signatures/accept-signature.ts';
export type {
  CheckedSignature,
  SignatureTimes,
  VerifiedSignature,
} from './signatures/checked-signature.ts';
export { contentDigest, matchContent, matchContentDigest } from './signatures/content-digest.ts';
export {
  checkEvidenceSignature,
  EVIDENCE_TAG,
  evidenceRequest,
  verifyEvidenceSignature,
} from './signatures/evidence-signature.ts';
export {
  checkRequestSignature,
  type RequestSigning,
  type RequestToSign,
  signRequest,
  verifyRequestSignature,
} from './signatures/request-signature.ts';
export {
  checkResponseSignature,
  matchResponseContent,
  type ResponseSigning,
  type ResponseToSign,
  signResponse,
  verifyResponseSignature,
} from './signatures/response-signature.ts';
export type { VerificationKey } from './signatures/signature-algorithm.ts';
export type { SignedRequest, SignedResponse } from './signatures/signed-message.ts';
export {
  createStatusList,
  decodeStatusList,
  type EncodedStatusList,
  encodeStatusList,
  readStatusReference,
  STATUS,
  type StatusList,
  type StatusReference,
  setStatus,
  statusAt,
} from './status-list.ts';
export type { ReplayStore, Store } from './store.ts';
export { TLS_SUITES } from './tls-suites.ts';
export { endOfTurn } from './turn.ts';
export { withinTime } from './within-time.ts';
