import type { Members } from './cast.ts';
import type { Verdict } from './trial.ts';

/** A JWT as it was sent, read as leniently as can be. */
export interface Jwt {
  readonly compact: string;
  readonly segments: Readonly<Record<string, string>>;
  readonly header: Readonly<Members>;
  readonly payload: Readonly<Members>;
}

/** What a request holds, for saying which documented difference it shows. */
export interface Facts {
  readonly proof: Jwt;
  readonly token: Jwt;
  readonly jwk: Readonly<Members>;
  readonly cnf: Readonly<Members>;
  readonly target: string;
  readonly now: number;
}

export function readFacts({ request: { headers, target }, now }: Verdict): Facts {
  const value = (name: string): string => headers[headers.findIndex((each) => each.toLowerCase() === name) + 1] ?? '';
  const proof = read(value('dpop'));
  const token = read(value('authorization').replace(/^\S+ +/, ''));
  return { proof, token, jwk: object(proof.header['jwk']), cnf: object(token.payload['cnf']), target, now };
}

function read(compact: string): Jwt {
  const [header = '', payload = '', signature = ''] = compact.split('.');
  return {
    compact,
    segments: { header, payload, signature },
    header: members(header),
    payload: members(payload),
  };
}

function members(segment: string): Readonly<Members> {
  try {
    return object(
      JSON.parse(
        Buffer.from(segment, 'base64')
          .toString()
          .replace(/^\u{feff}/u, ''),
      ),
    );
  } catch {
    return {};
  }
}

function object(value: unknown): Readonly<Members> {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
