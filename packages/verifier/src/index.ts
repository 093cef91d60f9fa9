export type { Jwks } from '@holdfast/proof';
export type { Access, Requirement } from './access.ts';
export type { RequiredDetail } from './authorization-details.ts';
export { DECISIONS, type Decision, type Step } from './diagnostics.ts';
export {
  type Asking,
  type Authenticate,
  type ClientCredentials,
  clientSecretBasic,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
  tlsClientAuth,
} from './introspection/client-authentication.ts';
export type { IntrospectionOptions } from './introspection/introspection.ts';
export type { TrustedIssuer } from './issuer/issuers.ts';
export type { VerifierOptions } from './options.ts';
export { createReplayTable, type ReplayTable, type ReplayTableOptions } from './replay-table.ts';
export type { ResourceMetadata, ResourceMetadataMembers } from './resource-metadata.ts';
export type { IsRevoked, Revocation } from './revocations.ts';
export type { Evidence, SignaturePolicy, Signatures } from './signature/message-signatures.ts';
export type { PublishedKeys, ResponseSigningOptions } from './signature/response-signing.ts';
export type { StatusPolicy } from './status/status-policy.ts';
export { createVerifier, type Verifier } from './verifier.ts';
