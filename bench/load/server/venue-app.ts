import { generateKey } from '@holdfast/proof';
import { createVenue, Exchange, IdempotencyTable, strictValidation, venueRoutes } from '@holdfast/venue';
import { createVerifier, privateKeyJwt, type Verifier } from '@holdfast/verifier';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { importJWK, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';
import { AUDIENCE, ISSUER } from '../../scene/issuer.ts';
import { rawVerifier } from './raw-verification.ts';
import type { VenueDescription } from './venue-server.ts';

const ANYBODY = 'anybody';

/** The venue that is described, which clients find at this origin. */
export async function createApp(venue: VenueDescription, origin: string): Promise<FastifyInstance> {
  const { authentication, signatures } = venue;
  switch (authentication) {
    case 'verifier': {
      const verifier = await verifierOf(venue, origin);
      return createVenue({ verifier, ...(signatures === undefined ? {} : { signatures }) });
    }
    case 'bearer':
      return behind(await bearerClientId(venue));
    case 'raw':
      return behind(await verifyingOne('ES256'));
    case 'none':
      return behind(() => ANYBODY);
  }
}

/** With the settings that it has by itself. */
async function verifierOf(venue: VenueDescription, origin: string): Promise<Verifier> {
  const { jwks, introspection, signatures } = venue;
  return createVerifier({
    ...{ issuer: ISSUER, audience: AUDIENCE, origin, allowLoopbackHttp: true, jwks },
    ...(signatures === undefined ? {} : { metadata: {}, responseSigning: { key: await generateKey('ES256') } }),
    ...(introspection === undefined ? {} : asking(introspection)),
  });
}

function asking({ privateJwk, ca, ...more }: NonNullable<VenueDescription['introspection']>) {
  const introspection = { ...more, authenticate: privateKeyJwt({ key: privateJwk, alg: 'ES256' }) };
  const dispatcher = new Agent({ connect: { ca } });
  const trusting = ((url: string, init: object) => fetch(url, { ...init, dispatcher })) as typeof globalThis.fetch;
  return { introspection, fetch: trusting };
}

/** Who sends a request, as a hook finds out that is not ours. Throws when nobody may. */
type ClientId = (request: FastifyRequest) => string | Promise<string>;

/** The venue's routes, answers and settings without its verifier: what they cost by themselves. */
function behind(clientId: ClientId): FastifyInstance {
  const exchange = new Exchange({ clock: Date.now });
  const idempotency = new IdempotencyTable({ clock: exchange.clock });
  const app = fastify({ ajv: strictValidation, requestTimeout: 10_000 });
  app.decorateRequest('access');
  app.addHook('onRequest', (request, _reply, done) => {
    const admit = (id: string) => {
      request.access = { clientId: id } as FastifyRequest['access'];
      done();
    };
    const found = clientId(request);
    // A floor that waits for what is there already would be too high
    if (typeof found === 'string') admit(found);
    else found.then(admit, done);
  });
  app.register(venueRoutes, { exchange, idempotency });
  return app;
}

/** The limit of what a verifier can do: one signature for each request, and nothing else. */
async function verifyingOne(alg: string): Promise<ClientId> {
  const verifyNext = await rawVerifier(alg);
  return () => {
    verifyNext();
    return ANYBODY;
  };
}

/** RFC 6750 by jose at its best: the key is imported once, and the claims are those that our verifier checks too. */
async function bearerClientId({ jwks }: VenueDescription): Promise<ClientId> {
  const [jwk] = jwks.keys;
  const key = await importJWK({ ...jwk });
  const expected = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] };
  return async ({ headers: { authorization = '' } }) => {
    const { payload } = await jwtVerify(authorization.slice('Bearer '.length), key, expected);
    return String(payload['client_id']);
  };
}
