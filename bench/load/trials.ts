import { availableParallelism } from 'node:os';
import type { Algorithm } from '@holdfast/proof';
import type { RequestSettings } from './requests.ts';

/** A way to authenticate requests, to be put under load. */
export interface Trial {
  readonly name: string;
  /** Of the senders' proofs. */
  readonly alg?: Algorithm;
  readonly transport: 'http' | 'https';
  readonly authentication: 'none' | 'raw' | 'bearer' | 'dpop' | 'mtls' | 'opaque';
  readonly requests: RequestSettings['kind'];
  /** Server processes, each with a generator of its own. */
  readonly processes: number;
  /** Seconds that an answer about an opaque token is used. */
  readonly ttl?: number;
  /** Trials whose figures of the same round its own are divided by. */
  readonly against: readonly Against[];
  /** The trial whose figures are added to one verification by `node:crypto` alone, measured in the same round. */
  readonly floor?: Against;
  /** Where its latency below saturation is measured. */
  readonly rates?: 'always' | 'in full';
  /** Left out of a quick run of everything. */
  readonly onlyFull?: boolean;
}

/** Without `atMost` it is only shown. */
export interface Against {
  readonly name: string;
  readonly atMost?: number;
}

const NOTHING = 'load no authentication';
const RAW = 'load one raw verification';
const ES256 = 'load DPoP ES256';
const TLS_NOTHING = `${NOTHING} over TLS`;
const ORDERS = 'load orders';

const MOST = 1.25; // so that a venue does at least 80 % of what its floor and one verification allow

const byDefault = { transport: 'http', requests: 'read', processes: 1, against: [{ name: NOTHING }] } as const;
const dpopES256 = { ...byDefault, alg: 'ES256', authentication: 'dpop' } as const;
const besideDpop = { against: [{ name: ES256 }], onlyFull: true } as const;
const overTls = { transport: 'https', against: [{ name: TLS_NOTHING }], onlyFull: true } as const;

export const TRIALS: readonly Trial[] = [
  { ...byDefault, name: NOTHING, authentication: 'none', against: [], rates: 'always' },
  { ...byDefault, name: RAW, alg: 'ES256', authentication: 'raw' },
  { ...byDefault, name: 'load Bearer JWT (reference only)', authentication: 'bearer', rates: 'in full' },
  {
    ...{ ...dpopES256, name: ES256, rates: 'always', floor: { name: NOTHING, atMost: MOST } },
    against: [{ name: RAW, atMost: MOST }, { name: NOTHING }],
  },
  dpopBy('Ed25519'),
  dpopBy('PS256'), // a proof takes longer to sign than the whole of its request to answer
  { ...byDefault, ...besideDpop, name: 'load opaque token, introspection', authentication: 'opaque' },
  { ...byDefault, ...besideDpop, name: 'load opaque token, asked every time', authentication: 'opaque', ttl: 0 },
  { ...dpopES256, ...besideDpop, name: ORDERS, requests: 'order' },
  { ...dpopES256, name: 'load signed orders', requests: 'signed', against: [{ name: ORDERS }], onlyFull: true },
  { ...byDefault, ...overTls, name: TLS_NOTHING, authentication: 'none', against: [{ name: NOTHING }] },
  { ...byDefault, ...overTls, name: 'load mTLS', authentication: 'mtls', rates: 'in full' },
  { ...dpopES256, ...overTls, name: `${ES256} over TLS` },
  ...perCore(availableParallelism()),
];

function dpopBy(alg: Algorithm): Trial {
  const floor = { name: NOTHING };
  return {
    ...byDefault,
    name: `load DPoP ${alg}`,
    alg,
    authentication: 'dpop',
    rates: 'in full',
    floor,
    onlyFull: true,
  };
}

/** One core has one process anyway. */
function perCore(cores: number): Trial[] {
  if (cores === 1) return [];
  return [{ ...dpopES256, ...besideDpop, name: `${ES256}, a process for each core`, processes: cores }];
}
