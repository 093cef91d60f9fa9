export type { Access } from './access.ts';
export type { Jwks } from './key-set.ts';
export { createReplayTable, type ReplayTableOptions } from './replay-table.ts';
export { createVerifier, type Requirement, type Verifier, type VerifierOptions } from './verifier.ts';
