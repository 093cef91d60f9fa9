export {
  type ExternalKey,
  type ForeignKeyPair,
  generateKey,
  importKey,
  type KeySource,
  type PrivateJwk,
  type ProofKey,
} from '@holdfast/proof';
export type { Caller, PlainRequest, PlainResponse } from './caller.ts';
export { type Authorization, type Client, type ClientOptions, createClient, type RefreshOptions } from './client.ts';
export { CLIENT_EVENTS, type ClientEvent } from './events.ts';
export type { AuthorizationOptions } from './grants/authorization.ts';
export type { IdTokenClaims } from './grants/id-token.ts';
export type { Session } from './grants/session.ts';
export type { ExchangeOptions } from './grants/sources.ts';
export type { Binding, Credentials, Presigned } from './identity.ts';
export type { Authentication } from './issuer/authentication.ts';
export type { AccessToken } from './issuer/token-response.ts';
export type { MessageSignatures } from './messages/messages.ts';
export { createProofPool, type ProofPool, type ProofPoolOptions } from './proof-pool.ts';
export { PROOFS, type ProofRecord } from './proof-record.ts';
export { createSigner, type ProofRequest, type Signer, type SignerOptions } from './signer.ts';
export type { TlsFiles } from './tls-files.ts';
export type { Wanted } from './token-memory.ts';
export type { TlsIdentity } from './transport.ts';
