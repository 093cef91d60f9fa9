export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const QUOTED = /"((?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*)"/y;

/**
 * WWW-Authenticate by the letter of RFC 9110 §11.6.1 and §5.6.1: no empty list members, each parameter once and under a
 * scheme, `=` without white space, and one comma with one space between members. Throws for anything else.
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(field) ?? undefined;
    at += match?.[0].length ?? 0;
    return match;
  }

  function fail(expected: string): never {
    throw new SyntaxError(`${expected} expected at ${at} of ${JSON.stringify(field)}`);
  }

  function takeParameter(name: string): void {
    const current = challenges.at(-1) ?? fail('a scheme');
    if (Object.hasOwn(current.parameters, name)) fail(`another name than ${name}`);
    const value = take(QUOTED)?.[1] ?? take(TOKEN)?.[0] ?? fail('a value');
    current.parameters[name] = value.replace(/\\(.)/g, '$1');
  }

  for (;;) {
    let name = take(TOKEN)?.[0] ?? fail('a token');
    if (take(/=/y) === undefined) {
      challenges.push({ scheme: name, parameters: {} });
      if (take(/ /y) === undefined) name = '';
      else {
        name = take(TOKEN)?.[0] ?? fail('a parameter');
        take(/=/y) ?? fail('=');
      }
    }
    if (name !== '') takeParameter(name);
    if (at === field.length) return challenges;
    take(/, /y) ?? fail('a comma');
  }
}
