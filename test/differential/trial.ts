import { HoldfastError, type HttpMessage, type ReplayStore } from '@holdfast/proof';
import { createVerifier, type Verifier, type VerifierOptions } from '@holdfast/verifier';
import { ALGORITHMS, type Cast } from './cast.ts';
import { AUDIENCE, type Draft, draft, finish, ISSUER, ORIGIN } from './draft.ts';
import { mutate } from './mutations.ts';
import type { Plan } from './plans.ts';
import { Reference, type ReferenceRequest } from './reference.ts';

export interface Verdict {
  /** 'accepted', or the code of our refusal with its detail. */
  readonly ours: string;
  /** 'accepted', or why the reference refuses. */
  readonly theirs: string;
  readonly request: ReferenceRequest;
  /** NumericDate of the judgement. */
  readonly now: number;
}

const STEP = 60;
/** In the middle of a step, so that delays come to both its ends. */
export const NOW = 1_763_640_000 + STEP / 2;
const MAX_AGE = 60;
const SKEW = 10;
const SECRET = new Uint8Array(32).fill(7);

/** One case: a verifier and a reference that know nothing yet, a good request for both where the plan says so, then the other. */
export class Trials {
  readonly #cast: Cast;
  readonly #nonces: ReadonlyMap<string, number>;
  readonly #jwks: { keys: Record<string, unknown>[] };

  private constructor(cast: Cast, nonces: ReadonlyMap<string, number>) {
    this.#cast = cast;
    this.#nonces = nonces;
    this.#jwks = { keys: cast.issuers.map(({ jwk, jkt, alg }) => ({ ...jwk, kid: jkt, alg, use: 'sig' })) };
  }

  static async create(cast: Cast): Promise<Trials> {
    const nonces = new Map<string, number>();
    for (let step = -4; step <= 4; step += 1) {
      const now = NOW + step * STEP;
      nonces.set(await nonceAt(now), Math.floor(now / STEP));
    }
    return new Trials(cast, nonces);
  }

  async judge(plan: Plan): Promise<Verdict> {
    const clock = { now: NOW };
    const verifier = verifierOf(
      { nonce: plan.policy, signatures: plan.signatures, jwks: this.#jwks },
      () => clock.now * 1000,
    );
    const reference = new Reference({
      issuer: ISSUER,
      audience: AUDIENCE,
      origin: ORIGIN,
      jwks: this.#jwks as never,
      algorithms: [...ALGORITHMS],
      nonce: plan.policy,
      nonces: this.#nonces,
      step: STEP,
      maxAge: MAX_AGE,
      skew: SKEW,
    });
    const good = this.#draft(plan);
    const token = plan.isWarm ? await warmUp(good, verifier, reference) : undefined;
    const mutated = this.#draft(plan);
    for (const mutation of plan.mutations) mutate(mutated, mutation);
    const isSameToken = JSON.stringify(mutated.token) === JSON.stringify(good.token) && !mutated.isRebound;
    const request = await finish(mutated, isSameToken ? token : undefined);
    clock.now += mutated.delay;
    return {
      ours: await outcome(verifier, request),
      theirs: await reference.judge(request, clock.now),
      request,
      now: clock.now,
    };
  }

  #draft(plan: Plan): Draft {
    const nonceOf = (steps: number): string => {
      const step = Math.floor(NOW / STEP) + steps;
      return [...this.#nonces].find(([, at]) => at === step)?.[0] ?? '';
    };
    const nonces = { current: nonceOf(0), previous: nonceOf(-1), old: nonceOf(-2) };
    return draft({
      cast: this.#cast,
      client: this.#cast.clients[plan.alg],
      issuer: this.#cast.issuers[plan.issuer] ?? this.#cast.clients.ES256,
      method: plan.method,
      target: plan.target,
      now: NOW,
      nonce: plan.policy === 'required' || plan.withNonce ? nonces.current : undefined,
      usedJti: 'used before',
      nonces,
    });
  }
}

/** Both sides accept the good request; its token is the one that comes again. */
async function warmUp(good: Draft, verifier: Verifier, reference: Reference): Promise<string> {
  good.proof.payload['jti'] = good.usedJti;
  const request = await finish(good);
  const verdicts = [await outcome(verifier, request), await reference.judge(request, NOW)];
  if (verdicts.some((verdict) => verdict !== 'accepted')) throw new Error(`the good request: ${verdicts.join(', ')}`);
  return request.headers[1]?.slice('DPoP '.length) ?? '';
}

function verifierOf(options: Partial<VerifierOptions>, clock: () => number): Verifier {
  return createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    origin: ORIGIN,
    algorithms: ALGORITHMS,
    nonceSecrets: [SECRET],
    replay: remembering(),
    maxAge: MAX_AGE,
    skew: SKEW,
    clock,
    ...options,
  });
}

/** A store that has forgotten nothing since the beginning, as one that processes share. */
function remembering(): ReplayStore {
  const used = new Set<string>();
  return { add: (key) => !used.has(key) && used.add(key).has(key) };
}

async function nonceAt(now: number): Promise<string> {
  const verifier = verifierOf({ jwks: { keys: [] } }, () => now * 1000);
  const [{ reason }] = (await Promise.allSettled([verifier.verify({ method: 'GET', target: '/', headers: [] })])) as [
    PromiseRejectedResult,
  ];
  return (reason as HoldfastError).headers['DPoP-Nonce'] ?? '';
}

/** What the whole verifier says. Anything but access or a refusal of its own is a failure of the test. */
async function outcome(verifier: Verifier, request: HttpMessage): Promise<string> {
  try {
    await verifier.verify(request);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.status >= 500) throw error;
    return error.detail === undefined ? error.code : `${error.code} ${error.detail}`;
  }
}
