import { fieldValues, HoldfastError, type HttpMessage } from '@holdfast/proof';

/** A request of an issuer endpoint. */
export interface IssuerRequest extends HttpMessage {
  /** Public origin of the listener that received it. */
  readonly origin: string;
  /** The body, as received. */
  readonly body: string;
  /** Whether the TLS layer validated the chain of `certificate` to an accepted authority. */
  readonly certificateTrusted?: boolean;
}

export interface Form {
  /** The value of a parameter; undefined when it is missing or empty (RFC 6749 §3.2). */
  get(name: string): string | undefined;
  /** All values of the one parameter that may occur several times, `resource` (RFC 8707 §2). */
  all(name: 'resource'): readonly string[];
}

const LONGEST = 65_536; // characters
const MOST_PARAMETERS = 64;
const MEDIA_TYPE = /^application\/x-www-form-urlencoded *(?:;|$)/i;

/** RFC 6749 §3.2 and appendix B: a form in the body, no parameter twice. */
export function readForm(request: IssuerRequest): Form {
  const [type = '', another] = fieldValues(request, 'content-type');
  if (another !== undefined || !MEDIA_TYPE.test(type)) throw new HoldfastError('content_type_unsupported');
  if (request.body.length > LONGEST) throw new HoldfastError('form_malformed');
  const pairs = request.body === '' ? [] : request.body.split('&');
  if (pairs.length > MOST_PARAMETERS) throw new HoldfastError('form_malformed');
  const parameters = new Map<string, string[]>();
  for (const pair of pairs) {
    const [name = '', value = '', rest] = pair.split('=');
    if (rest !== undefined) throw new HoldfastError('form_malformed');
    const values = parameters.get(decode(name)) ?? [];
    values.push(decode(value));
    parameters.set(decode(name), values);
  }
  for (const [name, values] of parameters) {
    if (values.length > 1 && name !== 'resource') throw new HoldfastError('form_malformed');
  }
  const all = (name: string) => (parameters.get(name) ?? []).filter((value) => value !== '');
  return { get: (name) => all(name)[0], all };
}

function decode(text: string): string {
  // An equals sign or a control character is escaped by any encoder; a stray one means that someone reads it differently
  if (!/^[\x21-\x7E]*$/.test(text)) throw new HoldfastError('form_malformed');
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new HoldfastError('form_malformed');
  }
}
