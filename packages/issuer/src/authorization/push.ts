import { HoldfastError, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import { unsignable } from '../client/signed-responses.ts';
import { type IssuerRequest, type Parameters, readForm } from '../form.ts';
import type { Parts } from '../parts.ts';
import { created, type Reply } from '../reply.ts';
import type { Sender } from '../sender.ts';
import { type AuthorizationRequest, readAuthorizationRequest } from './authorization-request.ts';
import { verifyRequestObject } from './request-object.ts';

/** The line from a pushed authorization request to its reference: RFC 9126 §2.1. */
export function createPushEndpoint(parts: Parts): (request: IssuerRequest) => Promise<Reply> {
  const { config, clock, keys, admission, clients, pushed, events } = parts;

  return async function push(request) {
    const now = seconds(clock);
    const form = readForm(request);
    // RFC 9126 §2.1: authenticated as at the token endpoint
    const authenticated = await admission.authenticate(request, form, clients, now);
    const { client } = authenticated;
    if (!client.metadata.grant_types.includes('authorization_code')) throw new HoldfastError('grant_not_allowed');
    // Keys change: what cannot be answered is asked of nobody
    if (unsignable(client.metadata, keys) !== undefined) throw new HoldfastError('internal', { detail: 'signing key' });
    // RFC 9449 §10.1: a proof is checked in full
    const sender = admission.sender(request, now);
    // RFC 9101 §6.3: the parameters, from the signed object alone when there is one
    const parameters = await readPushedParameters(form, client, { issuer: config.issuer, now });
    // RFC 9126 §2.1: validated as at the authorization endpoint
    const asked = readAuthorizationRequest(parameters, client, parts);
    // RFC 9449 §10, §10.1: the code will be bound to this key
    const bound = bindCode(asked, sender);
    await admission.useUp(authenticated, sender.proof);
    const { requestUri, expiresIn } = await pushed.push(bound);
    await events.tell({ event: 'request.pushed', clientId: client.clientId });
    return created({ request_uri: requestUri, expires_in: expiresIn }, admission.nextNonce(sender));
  };
}

async function readPushedParameters(
  form: Parameters,
  client: Client,
  expected: { readonly issuer: string; readonly now: number },
): Promise<Parameters> {
  // RFC 9126 §2.1: a reference to a reference
  if (form.get('request_uri') !== undefined) throw new HoldfastError('request_uri_not_taken');
  const object = form.get('request');
  if (object !== undefined) return await verifyRequestObject(object, client, expected);
  if (client.metadata.require_signed_request_object) throw new HoldfastError('request_object_required');
  return form;
}

function bindCode(request: AuthorizationRequest, { proof }: Sender): AuthorizationRequest {
  if (proof === undefined) return request;
  if (request.jkt !== undefined && request.jkt !== proof.jkt) throw new HoldfastError('dpop_jkt_mismatch');
  return { ...request, jkt: proof.jkt };
}
