export {
  type ExternalKey,
  type ForeignKeyPair,
  generateKey,
  importKey,
  type KeySource,
  type PrivateJwk,
  type ProofKey,
} from '@holdfast/proof';
export { type Client, type ClientOptions, createClient } from './client.ts';
export { createProofPool, type ProofPool, type ProofPoolOptions } from './proof-pool.ts';
export { PROOFS, type ProofRecord } from './proof-record.ts';
export { createSigner, type ProofRequest, type Signer, type SignerOptions } from './signer.ts';
export type { AccessToken, Authentication } from './token-request.ts';
export type { TlsIdentity } from './transport.ts';
