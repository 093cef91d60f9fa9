/** One challenge of a WWW-Authenticate field (RFC 9110 §11.6.1). Names are in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const LONGEST = 8192;
const EMPTY_ELEMENTS = /^[ \t,]+/; // RFC 9110 §5.6.1.2: a list may have them, and joined fields do
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const PARAMETER = new RegExp(`^(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))[ \\t]*(?=,|$)`);
const SCHEME = new RegExp(`^(${TOKEN})(?: +[A-Za-z0-9\\-._~+/]+=*)?[ \\t]*(?=,|$)|^(${TOKEN}) +`);

/**
 * Reads every challenge of the field; servers put several into one line. Unknown schemes and parameters are kept and
 * ignored by callers (RFC 9449 §7.1). Undefined when the field is not well-formed.
 */
export function readChallenges(field: string): readonly Challenge[] | undefined {
  if (field.length > LONGEST) return undefined;
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let rest = field.replace(EMPTY_ELEMENTS, '');
  while (rest !== '') {
    const parameter = PARAMETER.exec(rest);
    const scheme = parameter === null ? SCHEME.exec(rest) : null;
    if (parameter !== null) {
      const [, name = '', quoted, token = ''] = parameter;
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token);
      if (challenges.length === 0) return undefined;
    } else if (scheme !== null) {
      challenges.push({ scheme: (scheme[1] ?? scheme[2] ?? '').toLowerCase(), parameters: new Map() });
    } else {
      return undefined;
    }
    rest = rest.slice((parameter ?? scheme)?.[0].length).replace(EMPTY_ELEMENTS, '');
  }
  return challenges;
}

/** RFC 6750 §3.1: the resource server will not take this token again, whatever else is right. */
export function refusesToken(response: { readonly status: number; readonly headers: Pick<Headers, 'get'> }): boolean {
  if (response.status !== 401) return false;
  const challenges = readChallenges(response.headers.get('www-authenticate') ?? '') ?? [];
  return challenges.some(
    ({ scheme, parameters }) => ['dpop', 'bearer'].includes(scheme) && parameters.get('error') === 'invalid_token',
  );
}

/** RFC 9449 §9: a resource server asks for a nonce of its own, in whatever company and letter case. */
export function asksForNonce(response: { readonly status: number; readonly headers: Pick<Headers, 'get'> }): boolean {
  if (response.status !== 401 || response.headers.get('dpop-nonce') === null) return false;
  const challenges = readChallenges(response.headers.get('www-authenticate') ?? '') ?? [];
  return challenges.some(({ scheme, parameters }) => scheme === 'dpop' && parameters.get('error') === 'use_dpop_nonce');
}

/** RFC 9449 §7.1, §11.1: a proof that was refused, for its time perhaps. */
export function refusesProof(response: { readonly status: number; readonly headers: Pick<Headers, 'get'> }): boolean {
  if (response.status !== 401) return false;
  const challenges = readChallenges(response.headers.get('www-authenticate') ?? '') ?? [];
  return challenges.some(
    ({ scheme, parameters }) => scheme === 'dpop' && parameters.get('error') === 'invalid_dpop_proof',
  );
}
