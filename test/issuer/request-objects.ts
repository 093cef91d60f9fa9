import { expect } from 'vitest';
import { signed } from '../proof/forge.ts';
import { type Forgery, ISSUER, NOW, traderKey } from './forge.ts';
import { type Answer, CALLBACK, CHALLENGE } from './people.ts';

/** A good request object of `trader` at NOW, but for the changes. */
export function requestObject({ key = traderKey, header = {}, payload = {} }: Forgery = {}): string {
  const claims = {
    iss: 'trader',
    aud: ISSUER,
    nbf: NOW,
    exp: NOW + 300,
    client_id: 'trader',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'orders:read orders:write',
    state: 'inside',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  };
  return signed(
    JSON.stringify({ typ: 'oauth-authz-req+jwt', alg: key.alg, ...header }),
    JSON.stringify({ ...claims, ...payload }),
    key,
  );
}

export function expectPushed({ status, body }: Answer): void {
  expect({ status, body }).toEqual({
    status: 201,
    body: { request_uri: expect.stringMatching(/^urn:/), expires_in: 90 },
  });
}

export function expectRequestRefused({ status, body }: Answer, code: string, error = 'invalid_request_object'): void {
  expect({ status, error: body['error'], code: body['code'] }).toEqual({ status: 400, error, code });
}
