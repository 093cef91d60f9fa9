import { ath, type Clock, createBoundedCache, HoldfastError, type JsonObject, seconds } from '@holdfast/proof';
import type { IssuerKeys } from '../issuer/issuer-keys.ts';
import type { TokenExpectation, VerifiedToken } from '../token/token.ts';
import type { Authenticate } from './client-authentication.ts';
import { readIntrospectedToken } from './introspected-token.ts';
import { createIntrospectionRequest } from './introspection-request.ts';
import { readResponse } from './introspection-response.ts';

export interface IntrospectionOptions {
  /** Left out: by the issuer's metadata. An issuer that has an alias for mutual TLS needs it given (RFC 8705 §5). */
  readonly endpoint?: string;
  readonly authenticate: Authenticate;
  /** The client_id of this resource server at the issuer: the `aud` of signed answers (RFC 9701 §5). */
  readonly clientId: string;
  /**
   * Whole seconds from the question that an active answer is used, and never past `exp`. Default 30. 0: every request asks a
   * question of its own. An inactive one is remembered for five seconds in any case.
   */
  readonly ttl?: number;
  /**
   * Whether an answer has to be signed (RFC 9701): `true` refuses plain ones, `false` asks for plain ones only. Default:
   * signed ones are asked for, plain ones accepted.
   */
  readonly signed?: boolean;
  /** Questions that may wait for an answer at a time. Whoever would ask one more is refused (503). Default 64. */
  readonly concurrency?: number;
}

/** What the issuer says about an opaque token. One question for all who wait for the answer. */
export type Introspect = (token: string, expected: TokenExpectation) => Promise<VerifiedToken>;

export interface Introspection extends IntrospectionOptions {
  readonly issuer: string;
  readonly keys: IssuerKeys;
  readonly algorithms: ReadonlySet<string>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly timeout: number;
}

interface Question {
  /** NumericDate. */
  readonly askedAt: number;
  readonly answer: Promise<JsonObject>;
}

const INACTIVE = 5; // seconds that an inactive token is refused without asking again
const INACTIVE_BOUNDS = { maxEntries: 10_000, maxKeyBytes: 10_000 * 43 };

/**
 * RFC 7662. Each question is asked once: no answer, or none that can be used, is `issuer_unavailable`, and the next
 * request asks anew.
 */
export function createIntrospection(options: Introspection): Introspect {
  const { issuer, clock, ttl = 30, concurrency = 64 } = options;
  checkOptions(options, ttl, concurrency);
  const request = createIntrospectionRequest(options);
  const underway = new Map<string, Question>();
  const inactive = createBoundedCache<number>(INACTIVE_BOUNDS); // when it was asked, by the hash of the token
  let outstanding = 0;

  async function ask(token: string, { skew }: TokenExpectation, askedAt: number): Promise<JsonObject> {
    outstanding += 1;
    try {
      const document = await request(token);
      return await readResponse(document, { ...options, skew, askedAt, now: seconds(clock) });
    } finally {
      outstanding -= 1;
    }
  }

  function askedNow(token: string, expected: TokenExpectation): Question {
    // A flood of tokens that nobody issued must not become a flood of questions
    if (outstanding >= concurrency) throw new HoldfastError('issuer_unavailable', { detail: 'too many questions' });
    const question = { askedAt: expected.now, answer: ask(token, expected, expected.now) };
    underway.set(token, question);
    const forget = () => {
      if (underway.get(token) === question) underway.delete(token);
    };
    question.answer.then(forget, forget);
    return question;
  }

  /** An answer that is underway is as good as one that is kept: for as long, and not for a time before its question. */
  function isShared(question: Question | undefined, now: number): question is Question {
    return question !== undefined && question.askedAt <= now && now < question.askedAt + ttl;
  }

  return async (token, expected) => {
    const hash = ath(token);
    const refusedAt = inactive.recall(hash);
    if (refusedAt !== undefined && refusedAt <= expected.now && expected.now < refusedAt + INACTIVE) {
      throw new HoldfastError('token_inactive');
    }
    const same = underway.get(token);
    const { askedAt, answer } = isShared(same, expected.now) ? same : askedNow(token, expected);
    const said = await answer.catch((cause) => {
      // A new one for each who waits: the headers of a refusal are those of one request
      throw new HoldfastError('issuer_unavailable', { detail: 'introspection', cause });
    });
    if (said['active'] !== true) inactive.keep(hash, askedAt);
    return readIntrospectedToken(said, { ...expected, now: seconds(clock), issuer, askedAt, ttl });
  };
}

function checkOptions({ authenticate, clientId, signed }: Introspection, ttl: number, concurrency: number): void {
  if (typeof authenticate !== 'function') throw new TypeError('introspection.authenticate: a function');
  if (typeof clientId !== 'string' || clientId === '') {
    throw new TypeError('introspection.clientId: a non-empty string');
  }
  if (signed !== undefined && typeof signed !== 'boolean') throw new TypeError('introspection.signed: true or false');
  if (!Number.isInteger(ttl) || ttl < 0) throw new TypeError('introspection.ttl: whole seconds, zero or more');
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new TypeError('introspection.concurrency: a whole number, one or more');
  }
}
