import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { VenueError, type VenueErrorCode } from './errors.ts';

export interface RefusalBody {
  readonly error: VenueErrorCode;
  readonly error_description: string;
}

/** The error handler: any error → status and JSON. What the venue does not know is logged, not told. */
export function replyRefusal(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = asVenueError(error);
  if (refusal.status >= 500) request.log.error(error);
  if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter));
  const body: RefusalBody = { error: refusal.code, error_description: refusal.message };
  reply.code(refusal.status).send(body);
}

function asVenueError(error: FastifyError): VenueError {
  if (error instanceof VenueError) return error;
  if (error.validation !== undefined) {
    return new VenueError('invalid_request', { description: describeInvalid(error) });
  }
  if (error.statusCode === 413) return new VenueError('payload_too_large');
  if (error.statusCode === 415) return new VenueError('unsupported_media_type');
  // Fastify's own 4xx: a body that is no JSON, a path that does not decode.
  const isClientError = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return new VenueError(isClientError ? 'invalid_request' : 'server_error');
}

/** "body/quantity must be integer": names the field, repeats no value. */
function describeInvalid({ validation, validationContext = 'body' }: FastifyError): string {
  const problem = validation?.[0];
  if (problem === undefined) return validationContext;
  const { keyword, params, instancePath, message = 'is invalid' } = problem;
  if (keyword === 'additionalProperties') {
    return `${validationContext}: unknown field ${fieldName(params['additionalProperty'])}`;
  }
  if (keyword === 'required') {
    return `${validationContext}: missing field ${fieldName(params['missingProperty'])}`;
  }
  if (keyword === 'enum') {
    return `${validationContext}${instancePath} must be one of ${String(params['allowedValues'])}`;
  }
  return `${validationContext}${instancePath} ${message}`;
}

/** The sender chose it, so it is quoted only when it looks like a name. */
function fieldName(name: unknown): string {
  return typeof name === 'string' && /^[\w.-]{1,64}$/.test(name) ? name : '(not a plain name)';
}
