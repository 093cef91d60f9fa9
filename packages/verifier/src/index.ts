export type { Access, Requirement } from './access.ts';
export type { RequiredDetail } from './authorization-details.ts';
export {
  type Asking,
  type Authenticate,
  type ClientCredentials,
  clientSecretBasic,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
  tlsClientAuth,
} from './client-authentication.ts';
export { DECISIONS, type Decision, type Step } from './diagnostics.ts';
export type { IntrospectionOptions } from './introspection.ts';
export type { TrustedIssuer } from './issuers.ts';
export type { Jwks } from './key-set.ts';
export type { VerifierOptions } from './options.ts';
export { createReplayTable, type ReplayTable, type ReplayTableOptions } from './replay-table.ts';
export type { ResourceMetadata, ResourceMetadataMembers } from './resource-metadata.ts';
export type { IsRevoked, Revocation } from './revocations.ts';
export { createVerifier, type Verifier } from './verifier.ts';
