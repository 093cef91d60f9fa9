import { VenueError } from './errors.ts';

export interface IdempotencyOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds; default 24 hours. */
  readonly lifetime?: number;
  /** Over all accounts; default 100,000. */
  readonly maxKeys?: number;
  /** Of one account, so that none can take the whole table; default 25,000. */
  readonly maxKeysPerAccount?: number;
}

/** A reply that can be given again. `body` is JSON text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Entry {
  readonly id: string;
  readonly account: string;
  readonly request: string;
  readonly answer: Answer;
  readonly expiresAt: number;
  next: Entry | undefined;
}

const day = 24 * 60 * 60 * 1000;

/**
 * The answers given to requests that carried an Idempotency-Key, by account and key. A full table refuses
 * new keys instead of forgetting old ones: an order placed twice is worse than one refused. One table
 * serves every listener of an exchange, or a retry that arrives on another listener trades again.
 */
export class IdempotencyTable {
  readonly #clock: () => number;
  readonly #lifetime: number;
  readonly #maxKeys: number;
  readonly #maxKeysPerAccount: number;
  readonly #entries = new Map<string, Entry>();
  readonly #keysOf = new Map<string, number>();
  // All entries live equally long, so the order of insertion is the order of expiry.
  #oldest: Entry | undefined;
  #newest: Entry | undefined;

  constructor(options: IdempotencyOptions) {
    this.#clock = options.clock;
    this.#lifetime = options.lifetime ?? day;
    this.#maxKeys = options.maxKeys ?? 100_000;
    this.#maxKeysPerAccount = options.maxKeysPerAccount ?? 25_000;
  }

  /**
   * Runs `act` unless the key was seen, and remembers its answer. An `act` that throws leaves no trace:
   * nothing happened, so the same key may try again. It must be synchronous: there is no "in progress".
   * `request` is any text that is equal exactly for equal requests. Throws `idempotency_key_reused`,
   * `idempotency_full`.
   */
  once(account: string, key: string, request: string, act: () => Answer): { answer: Answer; replayed: boolean } {
    const now = this.#clock();
    this.#forgetExpired(now);
    // The key holds no space, so the pair has one reading.
    const id = `${key} ${account}`;
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#reserve(account, now);
      const answer = act();
      this.#remember({ id, account, request, answer, expiresAt: now + this.#lifetime, next: undefined });
      return { answer, replayed: false };
    }
    if (entry.request !== request) throw new VenueError('idempotency_key_reused');
    return { answer: entry.answer, replayed: true };
  }

  #reserve(account: string, now: number): void {
    const isFull = this.#entries.size >= this.#maxKeys;
    if (!isFull && this.#keysHeldBy(account) < this.#maxKeysPerAccount) return;
    const wait = (this.#oldest?.expiresAt ?? now) - now;
    throw new VenueError('idempotency_full', { retryAfter: Math.max(1, Math.ceil(wait / 1000)) });
  }

  #remember(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    this.#keysOf.set(entry.account, this.#keysHeldBy(entry.account) + 1);
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.next = entry;
    this.#newest = entry;
  }

  #forgetExpired(now: number): void {
    while (this.#oldest !== undefined && this.#oldest.expiresAt <= now) {
      const { id, account, next } = this.#oldest;
      this.#entries.delete(id);
      const held = this.#keysHeldBy(account) - 1;
      if (held === 0) this.#keysOf.delete(account);
      else this.#keysOf.set(account, held);
      this.#oldest = next;
    }
    if (this.#oldest === undefined) this.#newest = undefined;
  }

  #keysHeldBy(account: string): number {
    return this.#keysOf.get(account) ?? 0;
  }
}
