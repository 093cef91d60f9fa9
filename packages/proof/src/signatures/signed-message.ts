/** A request as signatures see it. */
export interface SignedRequest {
  /** As it is sent: methods are case-sensitive. */
  readonly method: string;
  /** RFC 9110 §7.1: scheme, authority, path and query. No fragment. */
  readonly targetUri: string;
  /** name, value, name, value … as Node's `rawHeaders`. */
  readonly headers: readonly string[];
}

/** A response as signatures see it. */
export interface SignedResponse {
  readonly status: number;
  /** name, value, name, value … as Node's `rawHeaders`. */
  readonly headers: readonly string[];
}

/** What a signature is over: a request, or a response with the request that it answers (RFC 9421 §2.4). */
export interface SignedMessage {
  readonly request: SignedRequest;
  readonly response?: SignedResponse;
}
