import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, holdfast } from './holdfast-process.ts';

interface Played {
  readonly scenarios: readonly { name: string; seen: { status: number; code?: string }; passed: boolean }[];
}

let state: string;
let table: Ended;
let json: Ended;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  table = await holdfast('demo', '--state', state);
  json = await holdfast('demo', '--state', state, '--json');
}, 60_000);

afterAll(() => rm(state, { recursive: true, force: true }));

describe('holdfast demo', () => {
  it('exits 0 and closes with the counts', () => {
    expect(table.stderr).toBe('');
    expect(table.stdout.trimEnd().split('\n').at(-1)).toMatch(/^(\d+) scenarios: \1 ended as expected, 0 did not\.$/);
    expect(table.code).toBe(0);
  });

  it('says the same as one line of JSON', () => {
    const lines = json.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    const { scenarios } = JSON.parse(lines[0] ?? '') as Played;
    expect(scenarios.every(({ passed }) => passed)).toBe(true);
    for (const { name } of scenarios) expect(table.stdout).toContain(name);
  });

  it.each([
    ['the stolen token as Bearer', 'scheme_mismatch'],
    ['the stolen token with no proof', 'proof_missing'],
    ['a proof by another key', 'key_mismatch'],
    ['the same proof twice', 'proof_replayed'],
    ['a proof for another URL', 'proof_htu'],
    ['a proof for another method', 'proof_htm'],
    ['a proof for another token', 'proof_ath'],
    ['an old proof', 'nonce_stale'],
    ['a proof whose jwk carries the private key', 'proof_jwk_private'],
    ['alg none and HS256', 'proof_alg'],
    ['a certificate-bound token without a certificate', 'certificate_missing'],
    ["a certificate-bound token with another client's certificate", 'certificate_mismatch'],
    ['a token from another issuer', 'token_key_unknown'],
    ['an expired token', 'token_expired'],
    ['a signed order that somebody changed', 'digest_mismatch'],
    ['one that somebody signed in its place', 'signature_invalid'],
    ['an unsigned order where orders are signed', 'signature_missing'],
  ])('refuses %s: %s', (_what, code) => {
    const { scenarios } = JSON.parse(json.stdout) as Played;
    expect(scenarios.filter(({ seen }) => seen.code === code && seen.status === 401)).not.toEqual([]);
  });
});
