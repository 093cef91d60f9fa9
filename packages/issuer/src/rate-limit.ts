import { hash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import { HoldfastError } from '@holdfast/proof';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { failure, type Reply } from './reply.ts';

/** Requests in a minute, each 1 or more. */
export interface RateLimits {
  /** From one address, to all endpoints together. */
  readonly address: number;
  /** POST requests from one address in the name of one client, or in nobody's name. */
  readonly client: number;
  /** Forms of the pages that are posted from one address: two for each person, and a trading desk shares one. */
  readonly login: number;
}

/**
 * A client that renews the tokens of 500 orders at once sends a thousand requests, half of them to fetch a nonce; some
 * clients share an address.
 */
export const RATE_LIMITS: RateLimits = { address: 12_000, client: 6000, login: 240 };

export interface RateLimitOptions {
  /** What is left out is as in `RATE_LIMITS`. */
  readonly limits?: Partial<RateLimits> | undefined;
  /** Routes, as `app` knows them, to which a name and a password are posted. */
  readonly logins?: readonly string[];
  /** How a refusal is put at this endpoint; its status and Retry-After are given here. Default: RFC 6749 §5.2. */
  readonly answer?: (request: FastifyRequest, refusal: HoldfastError) => Reply;
}

const WINDOW = 60_000; // ms
const MOST_KEYS = 20_000; // of each limit, of about 200 octets; the one that was quiet for longest is forgotten first

/**
 * Limits the routes that are added to `app` after this has resolved. By address before the body is read, so that a flood
 * costs little; by client when it is there. The address is that of the connection: what a header says of it is not
 * believed, so behind a proxy the proxy has to limit, and this should be off. A host has a whole /64 of IPv6.
 * Connections that are gone already have none, and count as one. Each process counts for itself, and each listener.
 * NOT checked: that a client is who it claims to be.
 */
export async function limitRates(app: FastifyInstance, options: RateLimitOptions = {}): Promise<void> {
  const { logins = [], answer = (_request, refusal) => failure(refusal, undefined) } = options;
  const limits = { ...RATE_LIMITS, ...options.limits };
  checkLimits(limits);
  await app.register(rateLimit, { global: false });
  const limiter = (max: number, keyGenerator: (request: FastifyRequest) => string) =>
    app.createRateLimit({ max, keyGenerator, ...{ timeWindow: WINDOW, cache: MOST_KEYS } });
  const byAddress = limiter(limits.address, addressOf);
  const byLogin = limiter(limits.login, addressOf);
  const byClient = limiter(limits.client, (request) => `${addressOf(request)} ${claimedClient(request.body)}`);

  /** Whether the request may go on; when not, it has its answer. */
  async function admit(limiter: typeof byAddress, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const state = await limiter(request);
    if (state.isAllowed || !state.isExceeded) return true;
    const { headers, body } = answer(request, new HoldfastError('too_many_requests'));
    // RFC 6585 §4
    reply.code(429).headers(headers).header('Retry-After', state.ttlInSeconds).send(body);
    return false;
  }

  const isLogin = ({ method, routeOptions }: FastifyRequest) =>
    method === 'POST' && logins.includes(routeOptions.url ?? '');
  // With a callback, because it alone lets a request pass: a promise that settles would, also when the answer was a
  // refusal that is still being sent and the client has gone
  app.addHook('onRequest', (request, reply, pass) => {
    const admitted = async () =>
      (await admit(byAddress, request, reply)) && (!isLogin(request) || (await admit(byLogin, request, reply)));
    admitted().then((isAdmitted) => isAdmitted && pass(), pass);
  });
  app.addHook('preHandler', (request, reply, pass) => {
    if (request.method !== 'POST') pass();
    else admit(byClient, request, reply).then((isAdmitted) => isAdmitted && pass(), pass);
  });
}

function checkLimits(limits: RateLimits): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (!(Number.isSafeInteger(limit) && limit >= 1)) throw new TypeError(`${name}: a whole number, 1 or more`);
  }
}

function addressOf({ socket }: FastifyRequest): string {
  return rateLimit.normalizeIP(socket.remoteAddress ?? '', 64);
}

/** A digest of who the sender of a form says he is, so that a key is short whatever he says. */
function claimedClient(body: unknown): string {
  const claimed = typeof body === 'string' ? (clientId(body) ?? assertionSubject(body)) : undefined;
  return claimed === undefined ? '' : hash('sha256', claimed, 'base64url');
}

function clientId(form: string): string | undefined {
  const [pair] = /(?<=^|&)client_id=[^&]*/.exec(form) ?? [];
  return pair === undefined ? undefined : (new URLSearchParams(pair).get('client_id') ?? undefined);
}

/** RFC 7523 §3 (2): `sub` is the client. */
function assertionSubject(form: string): string | undefined {
  const [, payload = ''] = /(?<=^|&)client_assertion=[^&.]*\.([^&.]*)/.exec(form) ?? [];
  try {
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}
