import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Clock, createStatusList, encodeStatusList, HoldfastError, STATUS, setStatus } from '@holdfast/proof';
import type { KeyRing } from '../keys/key-ring.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { failure, type Reply } from '../reply.ts';
import { weightIn } from '../weight.ts';
import type { RevokedPlaces } from './revoked-places.ts';

/** A reply whose body may be octets, where it is compressed. */
export interface StatusListReply extends Omit<Reply, 'body'> {
  readonly body: string | Uint8Array;
}

/** What the request for a list says that matters: values of its fields, undefined where it has none. */
export interface StatusListRequest {
  readonly accept?: string | undefined;
  readonly acceptEncoding?: string | undefined;
}

export interface PublisherOptions {
  readonly issuer: string;
  readonly keys: Pick<KeyRing, 'current'>;
  readonly clock: Clock;
  readonly revoked: RevokedPlaces;
  /** Whether tokens may refer to a list of this id. */
  readonly isKnown: (list: string) => boolean | Promise<boolean>;
  readonly uriOf: (list: string) => string;
  /** Places of a list. */
  readonly size: number;
  /** Seconds after which a reader fetches a list again. */
  readonly ttl: number;
}

interface Signed {
  readonly revision: number;
  /** The key that signed it: of one that was dropped nobody can verify it any more. */
  readonly kid: string;
  /** Milliseconds of the clock at which it was begun. */
  readonly at: number;
  readonly octets: Promise<{ readonly plain: string; readonly gzip: Uint8Array }>;
}

/** Answers one request for a list, by its id. */
export type Publish = (list: string, request: StatusListRequest) => Promise<StatusListReply>;

const MEDIA_TYPE = 'application/statuslist+jwt';
const MOST = 256; // signed lists that are kept

const compress = promisify(gzip);

/**
 * Answers a GET for a list: Token Status List §8.1, §8.2. One signature serves all who ask within half of `ttl`, until
 * another token of the list is revoked. Throws where store or keys do not answer.
 */
export function createPublisher(options: PublisherOptions): Publish {
  const { clock, keys, revoked, isKnown, ttl } = options;
  const signed = new Map<string, Signed>();

  function isCurrent({ revision, kid, at }: Signed, list: string): boolean {
    const age = clock() - at;
    return revision === revoked.revision(list) && kid === keys.current().kid && age >= 0 && age < ttl * 500;
  }

  /** The list as it is now. `iat`: before which everything is in it. */
  function currentOf(list: string, iat: number): Signed {
    const last = signed.get(list);
    if (last !== undefined && isCurrent(last, list)) return last;
    const key = keys.current();
    const octets = sign(list, iat, key, options);
    const next = { revision: revoked.revision(list), kid: key.kid, at: clock(), octets };
    signed.delete(list);
    for (const oldest of signed.keys()) if (signed.size >= MOST) signed.delete(oldest);
    signed.set(list, next);
    octets.catch(() => {
      if (signed.get(list) === next) signed.delete(list); // the next request tries again
    });
    return next;
  }

  return async (list, { accept = MEDIA_TYPE, acceptEncoding = '' }) => {
    if (weightIn(accept, [MEDIA_TYPE, 'application/*', '*/*']) === 0) return refusal(406, 'Accept');
    if (!(await isKnown(list))) return refusal(404);
    const current = currentOf(list, await revoked.refresh());
    const { plain, gzip } = await current.octets;
    const isPacked = weightIn(acceptEncoding, ['gzip', 'x-gzip', '*']) > 0;
    return {
      status: 200,
      headers: {
        'Content-Type': MEDIA_TYPE,
        // A cache in between may keep it for as long as we would, and no longer
        'Cache-Control': `public, max-age=${Math.max(0, Math.floor((current.at + ttl * 500 - clock()) / 1000))}`,
        Vary: 'Accept-Encoding',
        'Access-Control-Allow-Origin': '*', // Token Status List §8.1: for readers in a browser
        ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
      },
      body: isPacked ? gzip : plain,
    };
  };
}

/** Token Status List §5.1. One bit is enough: nothing is suspended here. */
async function sign(list: string, iat: number, key: SigningKey, options: PublisherOptions) {
  const { issuer, revoked, uriOf, size, ttl } = options;
  const statuses = createStatusList(1, size);
  for (const idx of revoked.of(list)) setStatus(statuses, idx, STATUS.invalid);
  const claims = {
    iss: issuer,
    sub: uriOf(list),
    iat,
    // Who counts `ttl` from the moment it came, at the end of the time that it is served, is still in time
    exp: iat + 2 * ttl + 1,
    ttl,
    status_list: encodeStatusList(statuses),
  };
  const plain = await signJwt(key, { typ: 'statuslist+jwt' }, claims);
  return { plain, gzip: await compress(plain) };
}

function refusal(status: 404 | 406, detail?: string): StatusListReply {
  const refused = new HoldfastError('request_malformed', detail === undefined ? {} : { detail });
  return { ...failure(refused, undefined), status };
}
