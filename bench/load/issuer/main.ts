/** An issuer of opaque tokens as a process of its own: gives each client one, answers questions, and ends with its parent. */
import { createPublicKey } from 'node:crypto';
import { createIssuer, type Issuer, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { createSigner, importKey } from '@holdfast/signer';
import { memoryStore } from '@holdfast/stores';
import { fastify } from 'fastify';
import { type Applicant, apply, createApplicants, SCOPE, TOKEN_PATH } from '../../scene/applicants.ts';
import { createIssuerJwk } from '../../scene/holdfast-issuer.ts';
import { AUDIENCE, ISSUER } from '../../scene/issuer.ts';
import { answerQuestions } from '../program.ts';
import { newKey, privateJwkOf, type Sender } from '../senders.ts';
import { listen } from '../server/listen.ts';
import type { IssuerFacts, Question } from './issuer-server.ts';

const CLIENT_ID = 'venue';

answerQuestions(async ({ tls, senders }: Question): Promise<IssuerFacts> => {
  const [applicants, key] = [await createApplicants(senders), await newKey('ES256')];
  const issuer = await open(applicants, createPublicKey(key).export({ format: 'jwk' }));
  const listener = await listen(tls);
  const app = fastify();
  app.register(issuerRoutes, { issuer, origin: listener.origin, rateLimits: 'off' });
  await listener.serve(app);
  const given: Sender[] = [];
  for (const applicant of applicants) given.push(await giveToken(issuer, applicant));
  return {
    endpoint: `${listener.origin}/introspect`,
    jwks: JSON.parse(String(issuer.jwks().body)),
    senders: given,
    venue: { clientId: CLIENT_ID, privateJwk: privateJwkOf(key) },
  };
});

async function open(applicants: readonly Applicant[], venueJwk: object): Promise<Issuer> {
  const config = readConfig({
    issuer: ISSUER,
    signing_keys: [createIssuerJwk()],
    resources: [{ resource: AUDIENCE, scope: SCOPE, access_token_format: 'opaque' }],
    resource_servers: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...venueJwk, alg: 'ES256', use: 'sig' }] },
        resources: [AUDIENCE],
      },
    ],
    clients: applicants.map(({ clientId, jwk }) => ({
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      dpop_bound_access_tokens: true,
      scope: SCOPE,
    })),
  });
  return await createIssuer({ config, store: memoryStore() });
}

/** The key of an applicant's proofs is nowhere but in its signer: so this one has a new one. */
async function giveToken(issuer: Issuer, applicant: Applicant): Promise<Sender> {
  const key = await newKey('ES256');
  const asking = { ...applicant, signer: createSigner({ key: await importKey(key) }) };
  const ask = async (nonce?: string) => {
    const application = await apply(asking, nonce);
    return await issuer.token({ method: 'POST', target: TOKEN_PATH, origin: ISSUER, ...application });
  };
  const { headers } = await ask(); // RFC 9449 §8: tells the nonce
  const { body } = await ask(headers['DPoP-Nonce']);
  const { access_token: token } = JSON.parse(String(body)) as { access_token: string };
  return { token, key: { alg: 'ES256', privateJwk: privateJwkOf(key) } };
}
