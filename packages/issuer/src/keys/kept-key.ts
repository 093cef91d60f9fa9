import { type Algorithm, FAPI_ALGORITHMS, type PublicJwk, readPublicJwk } from '@holdfast/proof';
import * as z from 'zod';

interface Kept {
  readonly kid: string;
  readonly alg: Algorithm;
  /** NumericDate at which it came into its state. */
  readonly since: number;
  readonly publicJwk: PublicJwk;
}

/** A key with a private half, encrypted. `next`: published and not used yet. `current`: signs. */
export interface LiveKey extends Kept {
  readonly state: 'next' | 'current';
  /** Compact JWE (RFC 7516 §7.1) of the private JWK. */
  readonly sealed: string;
}

/** Signs no more, so its private half is gone. Published for as long as there may be tokens of it. */
export interface RetiringKey extends Kept {
  readonly state: 'retiring';
  /** NumericDate of the last second at which it is published. */
  readonly until: number;
}

/** A key as it is kept between two runs of an issuer. */
export type KeptKey = LiveKey | RetiringKey;

const numericDate = z.int().min(0);
const kept = {
  kid: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  alg: z.enum(FAPI_ALGORITHMS),
  since: numericDate,
  publicJwk: z.record(z.string(), z.string()),
};
const sealed = z
  .string()
  .max(8192)
  .regex(/^[\w-]+\.(?:[\w-]*\.){3}[\w-]+$/);
const keptKeys = z
  .array(
    z.discriminatedUnion('state', [
      z.strictObject({ ...kept, state: z.enum(['next', 'current']), sealed }),
      z.strictObject({ ...kept, state: z.literal('retiring'), until: numericDate }),
    ]),
  )
  .max(1000);

/** Reads keys that were kept; undefined for anything else. NOT checked: that it was us who kept them. */
export function readKeptKeys(value: unknown): KeptKey[] | undefined {
  const { data } = keptKeys.safeParse(value);
  try {
    return data?.map((key) => ({ ...key, publicJwk: readPublicJwk(key.publicJwk, key.alg) }));
  } catch {
    return undefined;
  }
}
