/** Why the venue refused: code → status and a fixed description. Codes are stable API. */
const refusals = {
  invalid_request: { status: 400, description: 'the request is malformed' },
  invalid_price: { status: 400, description: 'price is not a positive decimal multiple of the tick size' },
  invalid_quantity: { status: 400, description: 'quantity is not a positive multiple of the lot size' },
  invalid_idempotency_key: { status: 400, description: 'Idempotency-Key must match [A-Za-z0-9._:-]{1,64}' },
  unknown_instrument: { status: 400, description: 'instrument is not traded here' },
  not_found: { status: 404, description: 'nothing lives at this path' },
  instrument_not_found: { status: 404, description: 'no such instrument' },
  order_not_found: { status: 404, description: 'no such order' },
  method_not_allowed: { status: 405, description: 'this path does not take that method' },
  order_closed: { status: 409, description: 'the order is filled, cancelled or rejected' },
  quantity_below_filled: { status: 409, description: 'quantity is below what is already filled' },
  open_order_limit: { status: 409, description: 'the account has too many open orders' },
  payload_too_large: { status: 413, description: 'the body is larger than 16 KiB' },
  unsupported_media_type: { status: 415, description: 'the body must be application/json' },
  idempotency_key_reused: { status: 422, description: 'Idempotency-Key was used with another request' },
  server_error: { status: 500, description: 'the venue failed' },
  idempotency_full: { status: 503, description: 'no room to remember another Idempotency-Key' },
  audit_unavailable: { status: 503, description: 'orders cannot be recorded, so none is taken' },
  account_limit: { status: 503, description: 'the exchange has no room for another account' },
} as const;

export type VenueErrorCode = keyof typeof refusals;

export interface VenueErrorOptions {
  /** Replaces the table's description; names a field, never repeats a value. */
  readonly description?: string;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter?: number;
  /** For the log. */
  readonly cause?: unknown;
}

export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly code: VenueErrorCode;
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(code: VenueErrorCode, options: VenueErrorOptions = {}) {
    const { description = refusals[code].description, cause } = options;
    super(description, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = refusals[code].status;
    this.retryAfter = options.retryAfter;
  }
}
