/** A request that is ready to be sent, once: with a proof of its own, where it has one. */
export interface PlannedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Whom a generator sends its requests to. */
export interface Target {
  readonly origin: string;
  /** Certificate of its authority, PEM. */
  readonly ca?: string;
  /** Of the client, for mutual TLS, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** How many answers were no success, by what went wrong. */
export type Failures = Readonly<Record<string, number>>;

/** The `error` of a refusal (RFC 6750 §3.1 and the like), and where there is none its status. */
export function failureOf(status: number, body: string): string {
  const error = /"error"\s*:\s*"([\w.:-]{1,64})"/.exec(body)?.[1];
  return error === undefined ? String(status) : `${status} ${error}`;
}
