/**
 * Issuer and venue of the latency bench, over TLS on loopback, as a process of their own. Waits for the message that says
 * who its clients are, answers where they find it, and ends with its parent.
 */
import { createAuthority, issueServer } from '@holdfast/certs-scripts';
import { type Listener, listen, trusting } from '@holdfast/cli';
import { createIssuer, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { generateKey } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { createVenue } from '@holdfast/venue';
import { createVerifier } from '@holdfast/verifier';
import { fastify } from 'fastify';
import { createIssuerJwk } from '../scene/holdfast-issuer.ts';
import type { Facts, Registered } from './server-process.ts';

const SCOPE = 'orders:read orders:write';

process.once('disconnect', () => process.exit());
process.once('message', async (clients: readonly Registered[]) => {
  process.send?.(await serve(clients));
});

async function serve(clients: readonly Registered[]): Promise<Facts> {
  const now = new Date();
  const authority = await createAuthority({ commonName: 'Bench Authority', now });
  const { certificate: cert, key } = await issueServer(authority, { dnsNames: ['localhost'], now, days: 2 });
  const bind = () => listen({ port: 0, host: '127.0.0.1', name: 'localhost', cert, key });
  const [issuer, venue] = [await bind(), await bind()];
  await serveIssuer(issuer, venue.origin, clients);
  await serveVenue(venue, issuer.origin, authority.certificate);
  return { issuer: issuer.origin, resource: venue.origin, ca: authority.certificate };
}

async function serveIssuer({ origin, serve }: Listener, resource: string, clients: readonly Registered[]) {
  const config = readConfig({
    issuer: origin,
    signing_keys: [createIssuerJwk()],
    resources: [{ resource, scope: SCOPE }],
    clients: clients.map(({ clientId, jwk }) => ({
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      dpop_bound_access_tokens: true,
      scope: SCOPE,
    })),
  });
  const app = fastify();
  app.register(issuerRoutes, { issuer: await createIssuer({ config, store: memoryStore() }), origin });
  await serve(app);
}

/** With the settings that a verifier has by itself. Reading needs no signature; orders do, and their answers have one. */
async function serveVenue({ origin, serve }: Listener, issuer: string, ca: string): Promise<void> {
  const responseSigning = { key: await generateKey('ES256') };
  const fetch = trusting(ca);
  const verifier = createVerifier({ issuer, audience: origin, origin, fetch, metadata: {}, responseSigning });
  await serve(createVenue({ verifier, signatures: 'required' }));
}
