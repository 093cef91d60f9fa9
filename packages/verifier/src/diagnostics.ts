import { channel } from 'node:diagnostics_channel';
import { type CheckedProof, type Code, type HoldfastError, logFields } from '@holdfast/proof';
import type { Access } from './access.ts';

/** The name of the `node:diagnostics_channel` on which every decision is published, before it is answered. */
export const DECISIONS = 'holdfast:verifier:decision';

const decisions = channel(DECISIONS);

/** The steps of the line that take time. */
export type Step = 'proof' | 'token' | 'signature' | 'message' | 'replay';

/** One decision, without anything secret. Times are milliseconds by the monotonic clock. */
export interface Decision {
  readonly outcome: 'granted' | 'refused';
  /** Reason code of a refusal. */
  readonly code?: Code;
  /** Status of a refusal. */
  readonly status?: number;
  /** Sender's clock minus ours in seconds, where time is the cause of a refusal. */
  readonly skew?: number;
  /** Where the fault is ours (status 500 and above): what a log may hold of it, as `detail`, `cause`, `reason`, `origin`. */
  readonly fault?: Readonly<Record<string, unknown>>;
  /** The scheme of a request whose credential could be read. */
  readonly scheme?: 'DPoP' | 'Bearer';
  /** JWS algorithm of the proof. */
  readonly alg?: string;
  /** Whether the key of the sender, and the token, were known from an earlier request. */
  readonly senderKeyKnown: boolean;
  readonly tokenKnown: boolean;
  readonly issuer?: string;
  readonly clientId?: string;
  /** How long each step took that was passed. */
  readonly steps: Readonly<Partial<Record<Step, number>>>;
  readonly duration: number;
}

type Noted = Pick<Decision, 'scheme' | 'alg' | 'senderKeyKnown' | 'tokenKnown'>;

/** Follows one request along the line. */
export interface Trace {
  note(noted: Partial<Noted>): void;
  passed(step: Step, proof?: CheckedProof): void;
  granted(access: Access): void;
  refused(refusal: HoldfastError): void;
}

/** Undefined while nobody listens: then a decision costs nothing more. */
export function startTrace(): Trace | undefined {
  if (!decisions.hasSubscribers) return undefined;
  const begun = performance.now();
  let last = begun;
  let noted: Noted = { senderKeyKnown: false, tokenKnown: false };
  const steps: Partial<Record<Step, number>> = {};

  function publish(
    outcome: Pick<Decision, 'outcome' | 'code' | 'status' | 'skew' | 'fault' | 'issuer' | 'clientId'>,
  ): void {
    decisions.publish({ ...outcome, ...noted, steps, duration: performance.now() - begun } satisfies Decision);
  }

  return {
    note(more) {
      noted = { ...noted, ...more };
    },
    passed(step, proof) {
      const now = performance.now();
      steps[step] = now - last;
      last = now;
      if (proof === undefined) return;
      const { alg, imported } = proof.sender;
      noted = { ...noted, alg, senderKeyKnown: imported !== undefined };
    },
    granted: ({ issuer, clientId }) => publish({ outcome: 'granted', issuer, clientId }),
    refused(refusal) {
      const { code, status, skew } = refusal;
      const fault = status < 500 ? {} : { fault: logFields(refusal) };
      publish({ outcome: 'refused', code, status, ...(skew === undefined ? {} : { skew }), ...fault });
    },
  };
}
