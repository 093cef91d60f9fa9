import type { Access } from '@holdfast/verifier';
import type { FastifyRequest } from 'fastify';
import { VenueError } from './errors.ts';
import type { Answer } from './idempotency.ts';
import type { FullOrderReport, OrderStatus } from './order.ts';

/** Where the venue keeps the evidence of the orders that it accepted. */
export interface EvidenceLog {
  /** Whether an entry could be kept now. When not, no order is taken. */
  canRecord(): boolean;
  /** Resolves once the entry is kept for good. Called in the order in which the orders took effect. */
  record(entry: OrderEvidence): Promise<void>;
}

/** What makes an order that was placed, amended or cancelled one that its sender cannot deny. The token is not in it. */
export interface OrderEvidence {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly asked: {
    readonly method: string;
    readonly targetUri: string;
    /** name, value, name, value …: what the evidence signature covers, and the signatures. */
    readonly headers: readonly string[];
    /** The body as it was sent. */
    readonly content: Uint8Array;
  };
  readonly token: TokenClaims;
  /** In DER, where the token is bound to it. */
  readonly certificate?: Uint8Array;
  readonly answered: { readonly status: number; readonly order: string; readonly orderStatus: OrderStatus };
}

/** What the token says: RFC 9068 §2.2. `ath` is its hash (RFC 9449 §4.2). */
export interface TokenClaims {
  readonly iss: string;
  readonly client_id: string;
  readonly sub: string;
  /** An opaque token may have neither this nor `iat`. */
  readonly jti?: string;
  readonly iat?: number;
  readonly exp: number;
  readonly scope: string;
  readonly cnf: Access['confirmation'];
  readonly ath: string;
}

/** An order that took effect, and how that is answered. */
export interface Accepted {
  readonly status: number;
  readonly order: FullOrderReport;
  readonly headers?: Readonly<Record<string, string>>;
}

// Of answers, not of requests: who repeats a request with its Idempotency-Key gets the answer, of whichever listener, no
// sooner than who sent it first
const records = new WeakMap<Answer, Promise<void>>();

/**
 * Lets an order take effect, and begins to record it. Throws `audit_unavailable`, and nothing has happened, when it could
 * not be recorded. The answer must not leave before `recordOf` it has resolved.
 */
export function actOnRecord(
  log: EvidenceLog,
  { request, at }: { readonly request: FastifyRequest; readonly at: number },
  act: () => Accepted,
): Answer {
  if (!log.canRecord()) throw new VenueError('audit_unavailable');
  const evidence = evidenceOf(request); // before anything has effect, because it may throw
  const accepted = act();
  const { status, order } = accepted;
  const answer = answerOf(accepted);
  const recorded = keep(log, { at, ...evidence, answered: { status, order: order.id, orderStatus: order.status } });
  records.set(answer, recorded);
  recorded.catch(() => {}); // told to everybody who waits for it
  return answer;
}

/** Resolves when the order of an answer is on record, and rejects when it is not. Undefined: no record is kept. */
export function recordOf(answer: Answer): Promise<void> | undefined {
  return records.get(answer);
}

export function answerOf({ status, order, headers = {} }: Accepted): Answer {
  return { status, headers, body: JSON.stringify(order) };
}

async function keep(log: EvidenceLog, entry: OrderEvidence): Promise<void> {
  try {
    await log.record(entry);
  } catch (cause) {
    const description = 'the order may have taken effect, but it is not on record';
    throw new VenueError('audit_unavailable', { description, cause });
  }
}

function evidenceOf({ access, content }: FastifyRequest): Pick<OrderEvidence, 'asked' | 'token' | 'certificate'> {
  const { evidence, confirmation } = access;
  if (evidence === undefined || content === undefined) throw new Error('the route does not need evidence');
  const { method, targetUri, headers } = evidence.request;
  const isOfCertificate = confirmation['x5t#S256'] !== undefined && evidence.certificate !== undefined;
  return {
    asked: { method, targetUri, headers, content },
    token: claimsOf(access, evidence.ath),
    ...(isOfCertificate ? { certificate: evidence.certificate } : {}),
  };
}

function claimsOf(access: Access, ath: string): TokenClaims {
  const { jti, iat } = access.claims;
  return {
    iss: access.issuer,
    client_id: access.clientId,
    sub: access.subject,
    ...(typeof jti === 'string' ? { jti } : {}),
    ...(typeof iat === 'number' ? { iat } : {}),
    exp: access.expiresAt,
    scope: access.scope.join(' '),
    cnf: access.confirmation,
    ath,
  };
}
