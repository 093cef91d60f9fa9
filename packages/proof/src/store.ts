/**
 * The storage port: all OAuth state reduces to three atomic verbs. A backend that cannot do each of them in one
 * atomic step cannot implement it. An implementation throws `HoldfastError` `store_full` when it would have to
 * forget a live entry, and `store_unavailable` when it cannot answer; callers refuse in both cases.
 *
 * `expiresAt` is the last NumericDate second at which the entry is still live, inclusive. An entry of the past is
 * refused with `store_unavailable` where it could have been there before and be forgotten, or it would be let in twice.
 */
export interface Store {
  /** True: everything is forgotten when this process ends. */
  readonly isVolatile?: boolean;
  /** Adds the entry only if there is no live one under `key`; true when it was added. */
  add(key: string, value: string, expiresAt: number): boolean | Promise<boolean>;
  /** The live value under `key`. */
  get(key: string): string | undefined | Promise<string | undefined>;
  /** Gets the live value and deletes it: of concurrent callers exactly one gets it. */
  take(key: string): string | undefined | Promise<string | undefined>;
}

/** What replay protection needs of a store. */
export type ReplayStore = Pick<Store, 'add' | 'isVolatile'>;
