import { asRefusal, HoldfastError, type Nonces } from '@holdfast/proof';
import type { Events } from './events.ts';
import type { IssuerRequest } from './form.ts';
import { failure, type Reply } from './reply.ts';

export interface EndpointOptions {
  /** Below the issuer's URL; for events. */
  readonly path: string;
  readonly methods: readonly string[];
  readonly nonces: Nonces | undefined;
  readonly events: Events;
}

/** An endpoint for programs: whatever is thrown becomes an answer (RFC 6749 §5.2), and nothing passes for one. */
export function endpoint(
  { path, methods, nonces, events }: EndpointOptions,
  line: (request: IssuerRequest) => Promise<Reply>,
): (request: IssuerRequest) => Promise<Reply> {
  async function answer(request: IssuerRequest): Promise<Reply> {
    if (!methods.includes(request.method)) return methodNotAllowed(methods);
    try {
      return await line(request);
    } catch (thrown) {
      return failure(asRefusal(thrown), nonces);
    }
  }

  return async (request) => {
    const reply = await answer(request);
    if (reply.refusal !== undefined)
      await events.tell({ event: 'request.refused', endpoint: path, code: reply.refusal.code });
    return reply;
  };
}

/** RFC 6749 §3.2: some endpoints are called with POST and in no other way. */
function methodNotAllowed(methods: readonly string[]): Reply {
  const allow = methods.join(', ');
  const reply = failure(new HoldfastError('form_malformed', { detail: `only ${allow} is served` }), undefined);
  return { ...reply, status: 405, headers: { ...reply.headers, Allow: allow } };
}
