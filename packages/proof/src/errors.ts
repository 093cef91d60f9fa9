import { type Code, type OAuthError, oauthError, REFUSALS, STATUS } from './refusals.ts';

export interface Circumstances {
  /** What exactly is wrong, by name (a claim, a parameter, a config field): never a value. */
  detail?: string;
  /** Sender's clock minus ours in seconds, where time is the cause. */
  skew?: number;
  /** The error underneath, for a debugger. It is never serialised. */
  cause?: unknown;
}

// Not with --frozen-intrinsics, where assigning would throw
const isLimitWritable = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')?.writable === true;

/**
 * A refusal. `code` is stable API; `message` is safe to log and to send.
 * `headers` are filled by the role that answers (challenge, DPoP-Nonce, Retry-After).
 */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: Code;
  readonly error: OAuthError | undefined;
  /** HTTP status at a resource server; 0 for what a client refuses by itself. */
  readonly status: number;
  /** HTTP status at an authorization server: RFC 6749 §5.2, RFC 9449 §5. */
  readonly issuerStatus: number;
  readonly requirement: string;
  readonly detail: string | undefined;
  readonly skew: number | undefined;
  headers: Readonly<Record<string, string>> = {};

  constructor(code: Code, { detail, skew, cause }: Circumstances = {}) {
    const [report, requirement, sentence] = REFUSALS[code];
    const message = describe(sentence, detail, skew);
    // A refusal is an answer, not a fault: its code says where it comes from. A stack costs more than most checks, and
    // floods would pay for it; the cause of a fault keeps its own
    const { stackTraceLimit } = Error;
    if (isLimitWritable) Error.stackTraceLimit = 0;
    super(message, cause === undefined ? undefined : { cause });
    if (isLimitWritable) Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.error = oauthError(report);
    this.status = STATUS[report].rs;
    this.issuerStatus = STATUS[report].as;
    this.requirement = requirement;
    this.detail = detail;
    this.skew = skew;
  }
}

/** Anything that was thrown while deciding becomes a refusal: an unexpected error never opens the door. */
export function asRefusal(thrown: unknown): HoldfastError {
  return thrown instanceof HoldfastError ? thrown : new HoldfastError('internal', { cause: thrown });
}

/**
 * What a log may hold of a refusal. Where the fault is ours, also what it was, in words of our own, and where it came from;
 * never the message of an unknown error, which may quote what it could not read.
 */
export function logFields({ code, skew, status, detail, cause }: HoldfastError): Record<string, unknown> {
  if (status < 500) return { code, skew };
  if (cause instanceof HoldfastError) return { code, skew, detail: detail ?? cause.detail, cause: cause.code };
  if (!(cause instanceof Error)) return { code, skew, detail };
  const [, origin] = /^ +at (.*)$/m.exec(cause.stack ?? '') ?? [];
  return { code, skew, detail, cause: cause.name, reason: systemCode(cause), origin };
}

/** What Node calls a fault of the system or of TLS, as in SELF_SIGNED_CERT_IN_CHAIN. With `fetch` it is a cause deeper. */
function systemCode({ code, cause }: Error & { readonly code?: unknown }, deeper = 3): string | undefined {
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  return cause instanceof Error && deeper > 0 ? systemCode(cause, deeper - 1) : undefined;
}

function describe(sentence: string, detail: string | undefined, skew: number | undefined): string {
  if (detail === undefined && skew === undefined) return sentence;
  const measured = skew === undefined ? '' : `skew ${skew > 0 ? '+' : ''}${Math.round(skew)} s`;
  const separator = detail === undefined || skew === undefined ? '' : ', ';
  return `${sentence}: ${detail ?? ''}${separator}${measured}`;
}
