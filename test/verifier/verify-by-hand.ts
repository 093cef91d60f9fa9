import { createPublicKey, verify } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import { ORIGIN } from './scene.ts';
import { digestOf } from './sign-by-hand.ts';
import type { Answer } from './signing-servers.ts';

export interface Judged {
  /** What the signature covers, as it is written in the list. */
  readonly covered: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether the signature verifies over the two messages as they were sent. */
  readonly isGood: boolean;
  /** Whether Content-Digest is that of the body. */
  readonly isWhole: boolean;
}

/** The signature of an answer over the request that it answers, by plain strings and node:crypto; undefined without one. */
export function judgeAnswer(answer: Answer, request: HttpMessage, jwk: object): Judged | undefined {
  const { 'signature-input': input, signature, 'content-digest': digest } = answer.headers;
  if (input === undefined && signature === undefined) return undefined;
  const [, list = '', names = '', parameters = ''] = /^sig=(\(([^)]*)\)(.*))$/.exec(String(input)) ?? [];
  const covered = names.split(' ');
  const lines = covered.map((name) => `${name}: ${componentOf(name, answer, request)}`);
  const base = [...lines, `"@signature-params": ${list}`].join('\n');
  const octets = Buffer.from(/^sig=:(.*):$/.exec(String(signature))?.[1] ?? '', 'base64');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const pairs = parameters.split(';').slice(1);
  return {
    covered,
    parameters: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])),
    isGood: verify('sha256', Buffer.from(base, 'latin1'), { key, dsaEncoding: 'ieee-p1363' }, octets),
    isWhole: digest === digestOf(answer.body),
  };
}

function componentOf(written: string, { status, headers }: Answer, request: HttpMessage): string {
  const [, name = '', rest] = /^"([^"]*)"(.*)$/.exec(written) ?? [];
  if (rest !== ';req') return name === '@status' ? String(status) : String(headers[name]);
  if (name === '@method') return request.method;
  if (name === '@authority') return new URL(ORIGIN).host;
  if (name === '@target-uri') return ORIGIN + request.target;
  const values = request.headers.filter((_, at) => at % 2 === 1 && request.headers[at - 1]?.toLowerCase() === name);
  return values.join(', ');
}
