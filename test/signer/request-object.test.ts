import { generateKey } from '@holdfast/signer';
import { importJWK, type JWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { dpopClient, proofKey } from './clients.ts';
import { type GrantIssuer, grantIssuer, pushed, REDIRECT_URI } from './scripted-grants.ts';
import { nonceChallenge, readJwt } from './scripted-issuer.ts';

const NOW = 1_790_000_000;
const clock = () => NOW * 1000;
const DETAILS = [{ type: 'order_entry', instruments: ['BTC-USD'] }];
const key = await generateKey();

const objectsOf = ({ pushes }: GrantIssuer) => pushes.map(({ form }) => readJwt(form.get('request')));

describe('RFC 9101 §4, FAPI 2.0 Message Signing §5.3.2: a signed request', () => {
  it('FAPIMS-5.3.2-01 PAR-3-01 C089 has all parameters inside, and only who sends it outside', async () => {
    await using server = await grantIssuer();
    await dpopClient({ issuer: server.issuer, clock }).authorize({
      redirectUri: REDIRECT_URI,
      scope: 'openid orders:read',
      resource: 'https://venue.example',
      responseMode: 'jwt',
      authorizationDetails: DETAILS,
      parameters: { prompt: 'login', max_age: '60', claims: '{"id_token":{"acr":null}}' },
      requestObject: { key },
    });
    const { form, proof, assertion } = server.pushes[0] ?? {};
    expect([...(form?.keys() ?? [])].sort()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'request',
    ]);
    const [object] = objectsOf(server);
    const random = expect.stringMatching(/^[\w-]{22,43}$/);
    expect(object?.payload).toEqual({
      iss: 'trader',
      aud: server.issuer,
      client_id: 'trader',
      iat: NOW,
      nbf: NOW,
      exp: expect.any(Number),
      jti: random,
      response_type: 'code',
      response_mode: 'jwt',
      redirect_uri: REDIRECT_URI,
      scope: 'openid orders:read',
      resource: 'https://venue.example',
      authorization_details: DETAILS,
      prompt: 'login',
      max_age: 60,
      claims: { id_token: { acr: null } },
      state: random,
      nonce: random,
      code_challenge: random,
      code_challenge_method: 'S256',
      dpop_jkt: proofKey.jkt,
    });
    expect(proof?.payload['htu']).toBe(`${server.issuer}/par`);
    expect(assertion?.payload).not.toHaveProperty('state');
  });

  it('FAPIMS-5.3.2-02 FAPIMS-5.3.2-03 FAPIMS-5.3.2-04 FAPIMS-5.3.2-05 is for the issuer, from now on, for a minute', async () => {
    await using server = await grantIssuer({ path: '/realm' });
    await dpopClient({ issuer: server.issuer, clock }).authorize({ redirectUri: REDIRECT_URI, requestObject: { key } });
    const [object] = objectsOf(server);
    expect(object?.header).toEqual({ typ: 'oauth-authz-req+jwt', alg: 'ES256' });
    expect(object?.payload).toMatchObject({ aud: server.issuer, nbf: NOW, exp: NOW + 60 });
    expect(object?.payload).not.toHaveProperty('sub');
  });

  it.each(['ES256', 'PS256', 'Ed25519'] as const)(
    'FAPI2-5.4.1-02 is signed by the key that was given: %s',
    async (alg) => {
      await using server = await grantIssuer();
      const own = await generateKey(alg);
      const requestObject = { key: own, kid: 'requests' };
      await dpopClient({ issuer: server.issuer, clock }).authorize({ redirectUri: REDIRECT_URI, requestObject });
      const [object] = objectsOf(server);
      expect(object?.header).toMatchObject({ alg, kid: 'requests' });
      const publicKey = await importJWK({ ...own.publicJwk } as JWK, alg);
      await jwtVerify(object?.compact ?? '', publicKey, { currentDate: new Date(clock()) });
    },
  );

  it('C092 is made anew after a nonce challenge: no jti comes twice', async () => {
    await using server = await grantIssuer({
      push: (_, nth) => (nth === 1 ? nonceChallenge('n-1') : pushed('urn:request:2')),
    });
    await dpopClient({ issuer: server.issuer }).authorize({ redirectUri: REDIRECT_URI, requestObject: { key } });
    const [first, second] = objectsOf(server).map((object) => object?.payload);
    expect(second?.jti).not.toBe(first?.jti);
    expect(second?.['state']).toBe(first?.['state']);
    expect(second?.['code_challenge']).toBe(first?.['code_challenge']);
  });

  it('follows the clock of an issuer that refuses its time', async () => {
    const ahead = { date: new Date((NOW + 120) * 1000).toUTCString() };
    await using server = await grantIssuer({
      push: (_, nth) =>
        nth === 1
          ? { status: 400, headers: ahead, body: { error: 'invalid_request_object' } }
          : pushed('urn:request:2'),
    });
    await dpopClient({ issuer: server.issuer, clock }).authorize({ redirectUri: REDIRECT_URI, requestObject: { key } });
    expect(objectsOf(server).map((object) => object?.payload.nbf)).toEqual([NOW, NOW + 120]);
  });

  it.each(['claims', 'max_age'])('takes no %s that is no JSON', async (name) => {
    await using server = await grantIssuer();
    const options = { redirectUri: REDIRECT_URI, requestObject: { key }, parameters: { [name]: '{SECRET' } };
    const asked = dpopClient({ issuer: server.issuer }).authorize(options);
    await expect(asked).rejects.toThrow(new TypeError(`parameters: ${name} is not JSON`));
    expect(server.pushes).toHaveLength(0);
  });
});
