import { expect } from 'vitest';

/** What an endpoint for clients said. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Empty where the body is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

export function readAnswer(status: number, headers: Answer['headers'], text: string): Answer {
  return { status, headers, text, body: isJson(headers) ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

function isJson(headers: Answer['headers']): boolean {
  return /^application\/json(?:;|$)/.test(String(headers['content-type']));
}

// RFC 6749 §5.2
const LEGAL_ERROR = /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/;

/** A refusal as the suite takes it: 400 or 401, JSON that nobody keeps, legal characters, and one of these errors. */
export function expectRefused(answer: Answer, ...errors: string[]): void {
  const { status, headers, body } = answer;
  expect(errors).toContain(body['error']);
  expect(body['error'] === 'invalid_client' ? [400, 401] : [400]).toContain(status);
  expect(headers['cache-control']).toContain('no-store');
  expect(body['error_description'] ?? 'left out').toMatch(LEGAL_ERROR);
  expect(body).not.toHaveProperty('access_token');
  expect(body).not.toHaveProperty('request_uri');
}

/** A token response as the suite takes it: RFC 6749 §5.1, FAPI 2.0 §5.4.1. */
export function expectToken(answer: Answer, tokenType: 'DPoP' | 'Bearer'): void {
  const { status, headers, body } = answer;
  expect([status, body['error']]).toEqual([200, undefined]);
  expect(headers['content-type']).toMatch(/^application\/json(?:;|$)/);
  expect(headers['cache-control']).toContain('no-store');
  expect(body['token_type']).toBe(tokenType);
  expect(body['expires_in']).toSatisfy((span) => Number.isInteger(span) && (span as number) > 0);
  for (const token of [body['access_token'], body['refresh_token']]) {
    if (token !== undefined) expectUnguessable(token);
  }
}

/** Counted as the suite counts it: at least 16 characters, and more than 96 bits by the frequencies of its characters. */
export function expectUnguessable(value: unknown): void {
  expect(value).toBeTypeOf('string');
  expect(String(value).length).toBeGreaterThanOrEqual(16);
  expect(bitsOf(String(value))).toBeGreaterThan(96);
}

function bitsOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const bits = [...counts.values()].map((count) => count * Math.log2(text.length / count));
  return bits.reduce((sum, each) => sum + each, 0);
}
