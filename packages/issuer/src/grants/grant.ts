import { randomBytes } from 'node:crypto';
import type { Allowance } from './rights.ts';

/** What a person allowed a client. Tokens come from it for as long as it lasts, and end with it. */
export interface Grant extends Required<Allowance> {
  /** Opens nothing: tokens and events name their grant by it. */
  readonly id: string;
  readonly clientId: string;
  readonly subject: string;
  /** When the person logged in: NumericDate. */
  readonly authTime: number;
  readonly nonce: string | undefined;
  /** The last second at which anything comes from it: NumericDate. */
  readonly endsAt: number;
}

/** Whether a text could name a grant. */
export function isGrantId(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}

export function newGrantId(): string {
  return randomBytes(16).toString('base64url');
}
