import type { Clock } from '@holdfast/proof';
import type { ProofRequest, Signer } from './signer.ts';

export interface ProofStockOptions {
  readonly signer: Pick<Signer, 'proof'>;
  readonly request: Pick<ProofRequest, 'method' | 'url'>;
  readonly size: number;
  /** Milliseconds. */
  readonly maxAge: number;
  readonly clock: Clock;
}

/** Proofs for one request, one token and one nonce. */
export interface ProofStock {
  take(accessToken: string | undefined, nonce: string | undefined): string | undefined;
  clear(): void;
}

/** What the proofs are good for. A new one whenever token or nonce change, so that what comes late is known as such. */
interface Use {
  readonly accessToken: string | undefined;
  readonly nonce: string | undefined;
  /** Oldest first. */
  readonly ready: { readonly proof: string; readonly madeAt: number }[];
  lastTake: number;
  isRefilling: boolean;
}

const AT_ONCE = 4; // signatures between two turns of the event loop: 0.1 ms by ES256
const SWEEPS = 4; // in one maxAge
const AGING = 0.7; // × maxAge: a sweep replaces these, as they are too old at about the next one
const IDLE = 3; // × maxAge without a take: then it is not in use

export function createProofStock({ signer, request, size, maxAge, clock }: ProofStockOptions): ProofStock {
  let use: Use | undefined;
  let sweeping: NodeJS.Timeout | undefined;

  function take(accessToken: string | undefined, nonce: string | undefined): string | undefined {
    const now = clock();
    if (use === undefined || use.nonce !== nonce || use.accessToken !== accessToken) {
      use = { accessToken, nonce, ready: [], lastTake: now, isRefilling: false };
    }
    use.lastTake = now;
    discard(use, now, maxAge);
    const proof = use.ready.shift()?.proof;
    refill(use);
    sweeping ??= setTimeout(sweep, maxAge / SWEEPS).unref();
    return proof;
  }

  /** Not in the turn of a take: its request is sent first. */
  function refill(wanted: Use): void {
    if (wanted.isRefilling || wanted.ready.length > size / 2) return;
    wanted.isRefilling = true;
    setImmediate(() => void signSome(wanted));
  }

  async function signSome(wanted: Use): Promise<void> {
    if (use !== wanted) return; // another token or nonce by now, or closed
    const madeAt = clock(); // before it is signed: a key elsewhere may take its time
    const { accessToken, nonce, ready } = wanted;
    const missing = Math.min(AT_ONCE, size - ready.length);
    const asked = Array.from({ length: missing }, async () => signer.proof({ ...request, accessToken, nonce }));
    const outcomes = await Promise.allSettled(asked);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') ready.push({ proof: outcome.value, madeAt });
    // A key that fails is asked again by the next take or sweep. Whoever signs meanwhile learns what is wrong with it
    const goesOn = ready.length < size && outcomes.every(({ status }) => status === 'fulfilled');
    wanted.isRefilling = goesOn;
    if (goesOn) setImmediate(() => void signSome(wanted));
  }

  /** Keeps proofs fresh while they are in use, and forgets everything when nobody has taken one for long. */
  function sweep(): void {
    sweeping = undefined;
    if (use === undefined) return;
    const now = clock();
    if (now - use.lastTake >= IDLE * maxAge) {
      clear();
      return;
    }
    discard(use, now, AGING * maxAge);
    refill(use);
    sweeping = setTimeout(sweep, maxAge / SWEEPS).unref();
  }

  function clear(): void {
    clearTimeout(sweeping);
    sweeping = undefined;
    use = undefined;
  }

  return { take, clear };
}

/** A proof of the future too: the clock was set back, and no server takes it. */
function discard({ ready }: Use, now: number, maxAge: number): void {
  const isGood = ({ madeAt }: { readonly madeAt: number }) => madeAt <= now && now - madeAt < maxAge;
  while (ready[0] !== undefined && !isGood(ready[0])) ready.shift();
}
