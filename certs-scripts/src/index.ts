export { type Authority, createAuthority, loadAuthority } from './authority.ts';
export type { Credential } from './credential.ts';
export { type CertificateSet, ensureCertificates } from './ensure.ts';
export { CertificatesError } from './error.ts';
export {
  type ClientRequest,
  issueClient,
  issueServer,
  type SelfSignedRequest,
  type ServerRequest,
  selfSignClient,
} from './issue.ts';
export type { CertificatePaths, FilePair } from './layout.ts';
