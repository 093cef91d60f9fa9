import { type VenueRoutesOptions, venueRoutes } from '@holdfast/venue';
import { type ProtectOptions, protect } from '@holdfast/verifier/fastify';
import type { FastifyPluginAsync } from 'fastify';

/** Where it is, below the origin of the venue. */
export const SIGNED = '/signed';

export type SignedVenueOptions = ProtectOptions & VenueRoutesOptions & Required<Pick<VenueRoutesOptions, 'signatures'>>;

/**
 * The same venue once more, where orders have to be signed with their bodies (FAPI 2.0 HTTP Signatures).
 * Belongs in a scope with the prefix `SIGNED`; the metadata of the resource is served outside of it.
 */
export const signedVenue: FastifyPluginAsync<SignedVenueOptions> = async (app, options) => {
  const { verifier, exchange, idempotency, signatures, evidence } = options;
  app.register(protect, { verifier });
  app.register(venueRoutes, { exchange, idempotency, signatures, evidence });
};
