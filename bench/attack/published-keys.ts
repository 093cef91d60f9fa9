import { setTimeout as after } from 'node:timers/promises';
import type { Jwks } from '@holdfast/verifier';
import { ISSUER } from '../scene/issuer.ts';

/** An issuer that is asked for its keys: a `fetch` that goes nowhere else. */
export interface PublishedKeys {
  readonly fetch: typeof globalThis.fetch;
  /** How often it was asked for anything. */
  asked(): number;
}

const ROUND_TRIP = 5; // ms

export function publish(jwks: Jwks): PublishedKeys {
  const jwksUri = `${ISSUER}/jwks`;
  let asked = 0;
  return {
    async fetch(input) {
      asked += 1;
      await after(ROUND_TRIP);
      return Response.json(String(input) === jwksUri ? jwks : { issuer: ISSUER, jwks_uri: jwksUri });
    },
    asked: () => asked,
  };
}
