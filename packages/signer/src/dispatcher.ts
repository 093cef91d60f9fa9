import { stringify } from 'node:querystring';
import { HoldfastError } from '@holdfast/proof';
import { Dispatcher } from 'undici';
import { unlessAborted } from './abort.ts';
import type { CallerContext, Tokens } from './caller.ts';
import { asksForNonce, refusesProof, refusesToken } from './challenge.ts';
import { publish } from './events.ts';
import type { Identity } from './identity.ts';
import { insistOnChecking } from './messages/messages.ts';
import type { Turn } from './nonce-memory.ts';
import { requestFields } from './request-fields.ts';
import type { ResourceUrl } from './resource-request.ts';
import type { TokenMemory, Wanted } from './token-memory.ts';

type Options = Dispatcher.DispatchOptions;
type Handler = Dispatcher.DispatchHandler;
type Dispatch = Dispatcher['dispatch'];

/** The most of a challenge's body that is read so that its connection can stay. */
const LONGEST_CHALLENGE = 64 * 1024;

/** Signs what goes through `dispatch` of whatever dispatcher it is composed with. */
export function signingInterceptor(
  tokens: Tokens,
  wanted: Wanted,
  context: CallerContext,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => signing(() => dispatch, tokens, wanted, context);
}

/** A dispatcher with the connections of the client. They are not its own: `close` and `destroy` do nothing. */
export function createDispatcher(tokens: Tokens, wanted: Wanted, context: CallerContext): Dispatcher {
  const connectionsOf = ({ binding, transport }: Identity): Dispatch => {
    const dispatcher = binding.method === 'mtls' ? transport.dispatcherWithCertificate : transport.dispatcher;
    return (options, handler) => dispatcher.dispatch(options, handler);
  };
  return new ClientDispatcher(signing(connectionsOf, tokens, wanted, context));
}

class ClientDispatcher extends Dispatcher {
  override readonly dispatch: Dispatch;

  constructor(dispatch: Dispatch) {
    super();
    this.dispatch = dispatch;
  }

  override close(callback?: () => void) {
    callback?.();
    return Promise.resolve();
  }

  override destroy(error?: unknown, callback?: () => void) {
    const done = typeof error === 'function' ? (error as () => void) : callback;
    done?.();
    return Promise.resolve();
  }
}

function signing(
  dispatchOf: (identity: Identity) => Dispatch,
  tokens: Tokens,
  wanted: Wanted,
  context: CallerContext,
): Dispatch {
  const { identities } = context;
  /** Resolves when the caller's handler has been told how it ended. */
  async function run(options: Options, handler: Handler, identity: Identity): Promise<void> {
    const line = { dispatch: dispatchOf(identity), identity, memory: tokens.of(identity), wanted, context };
    await new Promise<void>((ended, failed) => {
      attempt(options, handler, line, ended, true).catch(failed);
    });
  }
  return (options, handler) => {
    // Read once, and now: they may be an iterator, and the caller's object may be another request by then
    const whole = { ...withQuery(options), headers: pairsOf(options.headers).flat() };
    identities.use((identity) => run(whole, handler, identity)).catch((thrown: Error) => fail(handler, thrown));
    return true;
  };
}

interface Line {
  readonly dispatch: Dispatch;
  readonly identity: Identity;
  readonly memory: TokenMemory;
  readonly wanted: Wanted;
  readonly context: CallerContext;
}

/** The line of `send`, for a dispatcher. */
async function attempt(options: Options, handler: Handler, line: Line, ended: () => void, mayRepeat: boolean) {
  const { identity, memory, wanted, context, dispatch } = line;
  const { origin, href } = readTarget(options, context);
  readBody(options.body); // before anything is asked for
  const { method } = options;
  if (context.messages?.isSigned({ method, url: href })) insistOnChecking(context.messages);
  const signal = signalOf(options);
  const token = await unlessAborted(memory.get(wanted), signal);
  const { accessToken } = token;
  const turn = identity.signer && (await identity.nonces.begin(origin, signal));
  try {
    const others = Object.fromEntries(pairsOf(options.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const request = { method, url: href, origin, fields: others, body: readBody(options.body) };
    const signing = requestFields(request, token, turn?.nonce, identity, context);
    const fields = await unlessAborted(signing, signal);
    const again = mayRepeat ? () => attempt(options, handler, line, ended, false) : undefined;
    const learn = { origin, accessToken, turn, memory, context };
    dispatch({ ...options, headers: withFields(options.headers, fields) }, answering(handler, learn, again, ended));
  } catch (thrown) {
    turn?.failed();
    throw thrown;
  }
}

interface Learning {
  readonly origin: string;
  readonly accessToken: string;
  readonly turn: Turn | undefined;
  readonly memory: TokenMemory;
  readonly context: CallerContext;
}

/** Hands everything on to the caller's handler, but a challenge that is answered by another attempt. */
function answering(
  handler: Handler,
  { origin, accessToken, turn, memory, context }: Learning,
  again: (() => Promise<void>) | undefined,
  ended: () => void,
): Handler {
  let discarded = -1; // octets of a challenge; negative while the response is the caller's

  function repeat(): void {
    discarded = -1;
    again?.().catch((thrown: Error) => {
      fail(handler, thrown);
      ended();
    });
  }

  return {
    onRequestStart: (controller, state) => handler.onRequestStart?.(controller, state),
    onRequestUpgrade: (controller, status, headers, socket) => {
      turn?.answered({ headers: readable(headers) }, false);
      handler.onRequestUpgrade?.(controller, status, headers, socket);
      ended();
    },
    onResponseStart(controller, status, headers, statusMessage) {
      const response = { status, headers: readable(headers) };
      const isChallenge = turn !== undefined && asksForNonce(response);
      turn?.answered(response, isChallenge);
      if (refusesToken(response)) memory.forget(accessToken);
      if (refusesProof(response)) context.skews.learn(origin, response);
      if (isChallenge && again !== undefined) {
        publish({ event: 'nonce_challenge', origin });
        discarded = 0;
      } else {
        handler.onResponseStart?.(controller, status, headers, statusMessage);
      }
    },
    onResponseData(controller, chunk) {
      if (discarded < 0) return handler.onResponseData?.(controller, chunk);
      discarded += chunk.length;
      if (discarded > LONGEST_CHALLENGE) controller.abort(new Error('a challenge without end'));
    },
    onResponseEnd(controller, trailers) {
      if (discarded >= 0) return repeat();
      handler.onResponseEnd?.(controller, trailers);
      ended();
    },
    onResponseError(controller, error) {
      turn?.failed();
      if (discarded >= 0) return repeat();
      handler.onResponseError?.(controller, error);
      ended();
    },
  };
}

/** That of the caller, which undici itself heeds only when the request begins. Beside those of the web it takes emitters. */
function signalOf(options: Options & { readonly signal?: unknown }): AbortSignal | undefined {
  return options.signal instanceof AbortSignal ? options.signal : undefined;
}

/** What undici would put into the path after it was signed. It refuses a query beside another one. */
function withQuery(options: Options): Options {
  const { query, ...others } = options;
  if (query === undefined || query === null || /[?#]/.test(options.path)) return options;
  const text = stringify(query);
  return text === '' ? others : { ...others, path: `${options.path}?${text}` };
}

/** The URL in the spelling in which it is sent. */
function readTarget({ origin = '', path }: Options, { readRedirectable }: CallerContext): ResourceUrl {
  const target = readRedirectable(`${new URL(origin).origin}${path}`);
  return { origin: target.origin, href: `${target.origin}${path}` };
}

function readBody(body: Options['body']): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new HoldfastError('body_not_replayable');
}

/** The fields of the caller, and ours in place of those of the same names. */
function withFields(headers: Options['headers'], fields: Readonly<Record<string, string>>): string[] {
  const ours = 'Signature' in fields ? SIGNED : BOUND;
  const others = pairsOf(headers).filter(([name]) => !ours.test(name));
  return [...others, ...Object.entries(fields)].flat();
}

const BOUND = /^(?:authorization|dpop)$/i;
const SIGNED = /^(?:authorization|dpop|content-digest|signature|signature-input)$/i;

function pairsOf(headers: Options['headers']): [string, string][] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers) && typeof headers[0] === 'string') {
    const flat = headers as string[];
    return flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ''] as [string, string]] : []));
  }
  const entries: Iterable<[string, string | readonly string[] | undefined]> =
    Symbol.iterator in headers
      ? (headers as Iterable<[string, string]>)
      : Object.entries(headers as Record<string, string | string[] | undefined>);
  return [...entries].flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each): [string, string] => [name, String(each)]),
  );
}

/** As much of `Headers` as is read of a response, without the cost of one: the names are in lower case. */
function readable(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Pick<Headers, 'get'> {
  return {
    get(name) {
      const value = headers[name];
      return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
    },
  };
}

// There is no controller before there is a request; what a handler would do with one is over then
function fail(handler: Handler, error: Error): void {
  handler.onResponseError?.(undefined as unknown as Dispatcher.DispatchController, error);
}
