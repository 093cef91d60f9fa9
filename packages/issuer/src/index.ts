export { ConfigurationError, type IssuerConfig, readConfig } from './config.ts';
export type { IssuerRequest } from './form.ts';
export { createIssuer, type Issuer, type IssuerOptions } from './issuer.ts';
export type { Reply } from './reply.ts';
