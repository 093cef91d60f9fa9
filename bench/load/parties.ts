import { x5tS256 } from '@holdfast/proof';
import type { Issuer } from '../scene/issuer.ts';
import type { Certificates } from './certificates.ts';
import { startIssuerServer } from './issuer/issuer-server.ts';
import type { Target } from './planned.ts';
import { createSenders, type Sender } from './senders.ts';
import type { VenueDescription } from './server/venue-server.ts';
import type { Trial } from './trials.ts';

/** What trials share, and what has to be ended after all of them. */
export interface Ground {
  readonly issuer: Issuer;
  certificates(): Promise<Certificates>;
  readonly running: AsyncDisposableStack;
}

/** Who sends, who answers, and how they connect. */
export interface Parties {
  readonly senders: readonly Sender[];
  readonly venue: VenueDescription;
  readonly connecting: Omit<Target, 'origin'>;
}

const SENDERS = 20;
const RSA_SENDERS = 4; // a key takes a tenth of a second to make

export async function partiesOf(trial: Trial, ground: Ground): Promise<Parties> {
  const { authentication, alg = 'ES256', requests } = trial;
  const { issuer } = ground;
  const { tls, connecting } = await transport(trial, ground);
  const plain = { jwks: issuer.jwks, ...tls };
  const guarded = { ...plain, authentication: 'verifier' } as const;
  switch (authentication) {
    case 'none':
    case 'raw':
      return { senders: [], venue: { ...plain, authentication }, connecting };
    case 'bearer':
      return { senders: await bearers(issuer), venue: { ...plain, authentication }, connecting };
    case 'dpop': {
      const venue: VenueDescription = requests === 'signed' ? { ...guarded, signatures: 'required' } : guarded;
      const count = alg === 'PS256' ? RSA_SENDERS : SENDERS;
      return { senders: await createSenders(issuer, alg, count), venue, connecting };
    }
    case 'mtls':
      return await withCertificate(guarded, connecting, ground);
    case 'opaque':
      return await withOpaqueTokens(trial, ground);
  }
}

async function transport({ transport }: Trial, { certificates }: Ground) {
  if (transport === 'http') return { tls: {}, connecting: {} };
  const { ca, server } = await certificates();
  return { tls: { tls: server }, connecting: { ca } };
}

/** Tokens that anybody may use who has them. */
async function bearers(issuer: Issuer): Promise<Sender[]> {
  return await Promise.all(Array.from({ length: SENDERS }, async () => ({ token: await issuer.token({}) })));
}

/** RFC 8705: one client, whose certificate is shown once for each connection. */
async function withCertificate(
  venue: VenueDescription,
  connecting: Parties['connecting'],
  { issuer, certificates }: Ground,
): Promise<Parties> {
  const { ca, server, client } = await certificates();
  const { cert, key, der } = await client('trader');
  const token = await issuer.token({ 'x5t#S256': x5tS256(der) });
  return {
    senders: [{ token }],
    venue: { ...venue, tls: { ...server, clientAuthorities: ca } },
    connecting: { ...connecting, cert, key },
  };
}

/** RFC 7662: an issuer of its own, which the venue asks over TLS. */
async function withOpaqueTokens({ ttl }: Trial, { certificates, running }: Ground): Promise<Parties> {
  const { ca, server } = await certificates();
  const { facts } = running.use(await startIssuerServer({ tls: server, senders: SENDERS }));
  const { endpoint, jwks, senders, venue } = facts;
  const introspection = { endpoint, ca, ...venue, ...(ttl === undefined ? {} : { ttl }) };
  return { senders, venue: { authentication: 'verifier', jwks, introspection }, connecting: {} };
}
