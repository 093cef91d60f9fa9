import { type Code, fieldValues, HoldfastError, type HttpMessage } from '@holdfast/proof';

/** A request of an issuer endpoint. */
export interface IssuerRequest extends HttpMessage {
  /** Public origin of the listener that received it. */
  readonly origin: string;
  /** The body, as received. */
  readonly body: string;
  /** Whether the TLS layer validated the chain of `certificate` to an accepted authority. */
  readonly certificateTrusted?: boolean;
  /** Address of the peer, as the socket or a trusted proxy has it: for the lockout. */
  readonly address?: string | undefined;
}

/** Parameters of a request, whether they came as a form, as a query or in a request object. */
export interface Parameters {
  /** The value of a parameter; undefined when it is missing or empty (RFC 6749 §3.2). */
  get(name: string): string | undefined;
  /** All values of the one parameter that may occur several times, `resource` (RFC 8707 §2). */
  all(name: 'resource'): readonly string[];
  /** A parameter that is JSON. Throws `refusal` when it is not. */
  json(name: string, refusal: Code): unknown;
}

const LONGEST = 65_536; // characters
const MOST_PARAMETERS = 64;
const MEDIA_TYPE = /^application\/x-www-form-urlencoded *(?:;|$)/i;

/** RFC 6749 §3.2 and appendix B: a form in the body, no parameter twice. */
export function readForm(request: IssuerRequest): Parameters {
  const [type = '', another] = fieldValues(request, 'content-type');
  if (another !== undefined || !MEDIA_TYPE.test(type)) throw new HoldfastError('content_type_unsupported');
  return readParameters(request.body);
}

/** RFC 6749 §3.1: the query of a request target. */
export function readQuery({ target }: HttpMessage): Parameters {
  const query = target.indexOf('?');
  return readParameters(query === -1 ? '' : target.slice(query + 1));
}

function readParameters(text: string): Parameters {
  if (text.length > LONGEST) throw new HoldfastError('form_malformed');
  const pairs = text === '' ? [] : text.split('&');
  if (pairs.length > MOST_PARAMETERS) throw new HoldfastError('form_malformed');
  const parameters = new Map<string, string[]>();
  for (const pair of pairs) {
    const [name = '', value = '', rest] = pair.split('=');
    if (rest !== undefined) throw new HoldfastError('form_malformed');
    const decoded = decode(name);
    const values = parameters.get(decoded);
    // RFC 6749 §3.1, §3.2: none twice, but for the one that may be
    if (values !== undefined && decoded !== 'resource') throw new HoldfastError('form_malformed');
    if (values === undefined) parameters.set(decoded, [decode(value)]);
    else values.push(decode(value));
  }
  const all = (name: string) => (parameters.get(name) ?? []).filter((value) => value !== '');
  const get = (name: string) => all(name)[0];
  return { get, all, json: (name, refusal) => parseJson(get(name), refusal) };
}

const PLAIN = /^[A-Za-z0-9._~-]*$/;

function decode(text: string): string {
  if (PLAIN.test(text)) return text;
  // An equals sign or a control character is escaped by any encoder; a stray one means that someone reads it differently
  if (!/^[\x21-\x7E]*$/.test(text)) throw new HoldfastError('form_malformed');
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new HoldfastError('form_malformed');
  }
}

function parseJson(text: string | undefined, refusal: Code): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HoldfastError(refusal); // what the parser says quotes the text
  }
}
