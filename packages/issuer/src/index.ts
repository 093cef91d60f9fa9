export type { Authorization } from './authorization/authorize.ts';
export { ConfigurationError, type IssuerConfig, readConfig } from './config.ts';
export { type Audit, EVENTS, type IssuerEvent, type KeyState, type RevocationReason } from './events.ts';
export type { IssuerRequest } from './form.ts';
export { isGrantId } from './grants/grant.ts';
export { createIssuer, type Issuer } from './issuer.ts';
export { type FileRing, type FileRingOptions, openKeyFile } from './keys/file-ring.ts';
export { givenKeys } from './keys/given-keys.ts';
export type { KeyFileOptions } from './keys/kept-keys.ts';
export type { KeyChange } from './keys/key-change.ts';
export type { KeyRing } from './keys/key-ring.ts';
export { type ProvidedKey, type ProvidedRing, providedKeys } from './keys/provided-keys.ts';
export {
  addKeys,
  dropKey,
  type ListedKey,
  listKeys,
  type Rotation,
  rotateKeys,
} from './keys/rotation.ts';
export { signJwt } from './keys/sign-jwt.ts';
export type { SigningKey } from './keys/signing-key.ts';
export { type AccountsOptions, readAccounts } from './login/accounts.ts';
export type { Account, ExternalLogin, Login, PendingLogin } from './login/login.ts';
export { hashPassword } from './login/password-hash.ts';
export type { IssuerOptions } from './options.ts';
export { createGuardedFetch, type GuardOptions } from './registration/guarded-fetch.ts';
export type { Registration } from './registration/registration.ts';
export type { Reply } from './reply.ts';
export type { StatusListReply, StatusListRequest } from './status/publisher.ts';
export type { StatusLists } from './status/status-lists.ts';
