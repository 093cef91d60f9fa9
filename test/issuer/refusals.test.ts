import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { failures, SECRET } from './attempts.ts';
import { assertion, proof, proofKey, traderKey } from './forge.ts';
import { type Attempt, createScene, expectToken, TRADER } from './scene.ts';

const PKI = {
  client_id: 'pki',
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_san_dns: `${SECRET}.example`,
  scope: 'orders:read',
};
const scene = await createScene({ clients: [TRADER, PKI] });
const attempts = failures(await scene.nonce());

/** What may be in a request and nowhere else: its long parts. */
function parts({ assertion: a = '', proof: p = '' }: Attempt): string[] {
  return [a, p].flatMap((text) => text.split('.')).filter((part) => part.length > 20);
}

describe('every refusal', () => {
  it.each(Object.entries(attempts))('C032 RFC 6749 §5.2 has the shape of one: %s', async (_name, attempt) => {
    const { status, headers, body } = await scene.send(attempt);
    expect([400, 401, 405]).toContain(status);
    expect(Object.keys(body).sort()).toEqual(['code', 'error', 'error_description']);
    expect(body['error']).toMatch(
      /^(invalid_(request|client|grant|scope|target|dpop_proof)|unsupported_grant_type|use_dpop_nonce)$/,
    );
    expect(status === 401).toBe(body['error'] === 'invalid_client');
    expect(body['code']).toMatch(/^[a-z_]+$/);
    // RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E
    expect(body['error_description']).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    // DPOP-8-02: the nonce where one is asked for
    if (body['error'] === 'use_dpop_nonce') expect(headers).toHaveProperty('DPoP-Nonce');
  });

  it.each(Object.entries(attempts))(
    'BCP-4.9.3-01 holds nothing of the request, neither told nor printed: %s',
    async (_name, attempt) => {
      const { status, headers, body, refusal } = await scene.send(attempt);
      expect(status).toBeGreaterThanOrEqual(400);
      const seen = [
        JSON.stringify({ headers, body, refusal }),
        inspect(refusal, { depth: null, showHidden: true }),
      ].join('\n');
      for (const part of [SECRET, ...parts(attempt)]) expect(seen).not.toContain(part);
      for (const { privateJwk } of [traderKey, proofKey]) expect(seen).not.toContain(privateJwk['d']);
    },
  );

  it('is for another reason, for the most part: these tests reach the reasons they mean', async () => {
    const codes = new Set<unknown>();
    for (const attempt of Object.values(attempts)) codes.add((await scene.send(attempt)).body['code']);
    expect(codes.size).toBeGreaterThanOrEqual(24);
  });
});

describe('a token response', () => {
  it('holds the token and nothing else of what is secret', async () => {
    const fresh = { assertion: assertion(), proof: proof({ payload: { nonce: await scene.nonce() } }) };
    const answer = await scene.send(fresh);
    expectToken(answer);
    const { access_token: _, ...rest } = answer.body;
    for (const part of parts(fresh)) expect(JSON.stringify([rest, answer.headers])).not.toContain(part);
  });
});
