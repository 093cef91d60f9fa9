import { describe, expect, it } from 'vitest';
import { keys, signed } from '../proof/forge.ts';
import { type Forgery, ISSUER, NOW, traderKey } from './forge.ts';
import { createPeople, DESK } from './people.ts';
import { expectPushed, expectRequestRefused, requestObject } from './request-objects.ts';

const people = await createPeople();
const push = (forgery: Forgery = {}) => pushText(requestObject(forgery));
const pushText = (request: string) => people.send('push', { form: { request }, proof: 'none' });

describe('FAPI 2.0 Message Signing §5.3.1 a signed request object is taken', () => {
  it.each<[string, Forgery]>([
    ['FAPIMS-5.3.1-01 C058 as it should be', {}],
    ['FAPIMS-5.3.1-02 C058 with the issuer in an array', { payload: { aud: [ISSUER] } }],
    ['FAPIMS-5.3.1-02 C058 with the issuer among others', { payload: { aud: ['https://other.example', ISSUER] } }],
    ['FAPIMS-5.3.1-05 C058 with its typ in capitals', { header: { typ: 'OAUTH-AUTHZ-REQ+JWT' } }],
    ['FAPIMS-5.3.1-05 C058 with its typ in mixed case', { header: { typ: 'OAuth-AuthZ-Req+jwt' } }],
    ['FAPIMS-5.3.1-05 with its media type in full', { header: { typ: 'application/oauth-authz-req+jwt' } }],
    ['FAPIMS-5.3.1-05 with the typ of any JWT', { header: { typ: 'JWT' } }],
    ['FAPIMS-5.3.1-05 without typ', { header: { typ: undefined } }],
    ['FAPIMS-5.3.1-03 C058 with an nbf 8 seconds ahead', { payload: { nbf: NOW + 8 } }],
    ['FAPIMS-5.3.1-03 C059 with an nbf 59:59 back', { payload: { nbf: NOW - 3599, exp: NOW + 1 } }],
    ['FAPIMS-5.3.1-03 C059 with an nbf 60:00 back', { payload: { nbf: NOW - 3600, exp: NOW } }],
    ['FAPIMS-5.3.1-04 C059 that lives 60 minutes', { payload: { nbf: NOW, exp: NOW + 3600 } }],
    ['FAPIMS-5.3.1-04 C059 with one second left', { payload: { exp: NOW + 1 } }],
    ['FAPIMS-5.3.1-04 within the tolerance of clocks after its exp', { payload: { exp: NOW - 9 } }],
    ['with an iat', { payload: { iat: NOW } }],
    ['with an iat 8 seconds ahead', { payload: { iat: NOW + 8 } }],
    ['without iss', { payload: { iss: undefined } }],
    ['with members that nobody knows', { header: { x: 1 }, payload: { ui_locales: 'de', x: { y: [] } } }],
  ])('%s', async (_what, forgery) => expectPushed(await push(forgery)));

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'FAPIMS-5.3.1-01 JOSE-9101-6.2-01 by %s, with the kid of the key',
    async (alg) => {
      const jwks = { keys: [{ ...keys[alg].jwk, kid: 'mine' }, traderKey.jwk] };
      const its = await createPeople({ clients: [{ ...DESK, jwks, request_object_signing_alg: alg }] });
      const request = requestObject({ key: keys[alg], header: { kid: 'mine' } });
      expectPushed(await its.send('push', { form: { request } }));
    },
  );
});

describe('FAPI 2.0 Message Signing §5.3.1 a request object is refused', () => {
  it.each<[string, Forgery, string]>([
    ['FAPIMS-5.3.1-04 C059 without exp', { payload: { exp: undefined } }, 'request_object_claims'],
    ['FAPIMS-5.3.1-03 C059 without nbf', { payload: { nbf: undefined } }, 'request_object_claims'],
    ['FAPIMS-5.3.1-04 C059 with an exp in words', { payload: { exp: `${NOW + 60}` } }, 'request_object_claims'],
    ['FAPIMS-5.3.1-03 C059 with an nbf that is null', { payload: { nbf: null } }, 'request_object_claims'],
    ['FAPIMS-5.3.1-04 C059 when it has expired', { payload: { nbf: NOW - 60, exp: NOW - 10 } }, 'request_object_time'],
    ['FAPIMS-5.3.1-04 C059 long after', { payload: { nbf: NOW - 600, exp: NOW - 300 } }, 'request_object_time'],
    ['FAPIMS-5.3.1-04 C059 that lives 60:01', { payload: { exp: NOW + 3601 } }, 'request_object_time'],
    ['FAPIMS-5.3.1-04 C059 that lives 70 minutes', { payload: { exp: NOW + 4200 } }, 'request_object_time'],
    [
      'FAPIMS-5.3.1-04 C059 that lives 60:01 and began before',
      { payload: { nbf: NOW - 3000, exp: NOW + 601 } },
      'request_object_time',
    ],
    [
      'FAPIMS-5.3.1-03 C059 with an nbf 60:01 back',
      { payload: { nbf: NOW - 3601, exp: NOW - 1 } },
      'request_object_time',
    ],
    [
      'FAPIMS-5.3.1-03 C059 with an nbf 70 minutes back',
      { payload: { nbf: NOW - 4200, exp: NOW + 60 } },
      'request_object_time',
    ],
    ['FAPIMS-5.3.1-03 with an nbf 11 seconds ahead', { payload: { nbf: NOW + 11 } }, 'request_object_time'],
    ['FAPIMS-5.3.1-03 C058 with an nbf 62 seconds ahead', { payload: { nbf: NOW + 62 } }, 'request_object_time'],
    ['with an iat 62 seconds ahead', { payload: { iat: NOW + 62 } }, 'request_object_time'],
    ['with an iat in words', { payload: { iat: 'now' } }, 'request_object_claims'],
    ['FAPIMS-5.3.1-02 C059 without aud', { payload: { aud: undefined } }, 'request_object_audience'],
    [
      'FAPIMS-5.3.1-02 C059 for another issuer',
      { payload: { aud: 'https://other.example' } },
      'request_object_audience',
    ],
    [
      'FAPIMS-5.3.1-02 C059 for other issuers',
      { payload: { aud: ['https://other.example'] } },
      'request_object_audience',
    ],
    ['FAPIMS-5.3.1-02 for nobody', { payload: { aud: [] } }, 'request_object_audience'],
    ['FAPIMS-5.3.1-02 for an issuer with a slash more', { payload: { aud: `${ISSUER}/` } }, 'request_object_audience'],
    ['FAPIMS-5.3.1-02 for the endpoint', { payload: { aud: `${ISSUER}/par` } }, 'request_object_audience'],
    ['FAPIMS-5.3.1-02 for an aud that is an object', { payload: { aud: { [ISSUER]: 1 } } }, 'request_object_audience'],
    ['JOSE-9101-6.3-01 without client_id', { payload: { client_id: undefined } }, 'request_object_claims'],
    ['JOSE-9101-6.3-01 of another client', { payload: { client_id: 'rival' } }, 'request_object_claims'],
    ['with another iss', { payload: { iss: 'rival' } }, 'request_object_claims'],
    ['FAPIMS-5.3.1-05 of another typ', { header: { typ: 'at+jwt' } }, 'request_object_alg'],
    ['FAPIMS-5.3.1-05 with a typ that is no text', { header: { typ: 1 } }, 'request_object_alg'],
    ['with an extension that it calls critical', { header: { crit: ['x'], x: 1 } }, 'request_object_malformed'],
    ['C061 PAR-2.1-03 that holds a request', { payload: { request: 'a.b.c' } }, 'request_object_claims'],
    ['C061 PAR-2.1-03 that holds a request_uri', { payload: { request_uri: 'urn:x' } }, 'request_object_claims'],
    ['C061 that holds an empty request', { payload: { request: '' } }, 'request_object_claims'],
  ])('%s', async (_what, forgery, code) => expectRequestRefused(await push(forgery), code));

  it('FAPIMS-5.3.1-03 C059 once its time has come', async () => {
    const request = requestObject({ payload: { nbf: NOW - 3590, exp: NOW + 10 } });
    expectPushed(await pushText(request));
    people.now = NOW + 11;
    expectRequestRefused(await pushText(request), 'request_object_time');
    people.now = NOW;
  });

  it.each<[string, () => string]>([
    ['is empty of signature', () => requestObject().replace(/[^.]+$/, '')],
    ['has two segments', () => requestObject().replace(/\.[^.]+$/, '')],
    ['has five', () => `${requestObject()}.a.b`],
    ['is no JSON', () => signed('{"alg":"ES256"}', 'no JSON', traderKey)],
    ['is a list', () => signed('{"alg":"ES256"}', '[]', traderKey)],
    ['is longer than 32,768 characters', () => requestObject({ payload: { x: 'x'.repeat(32_768) } })],
    ['is JSON', () => JSON.stringify({ client_id: 'trader' })],
  ])('JOSE-9101-6.2-01 when it %s', async (_what, request) => {
    const { status, body } = await pushText(request());
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request_object' });
  });
});
