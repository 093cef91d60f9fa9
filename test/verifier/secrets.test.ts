import { inspect } from 'node:util';
import type { HoldfastError, HttpMessage } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { breakSignature, makeKey, sha256 } from './forge.ts';
import { type Attempt, boundTo, Scene } from './scene.ts';
import { serveVenue } from './venue-server.ts';

const certificate = Buffer.from('the DER of a certificate');
const thief = makeKey();
// Sound in form; only OpenSSL sees that it is no point
const offCurve = { crv: 'P-256', kty: 'EC', x: `${'A'.repeat(42)}Q`, y: thief.publicJwk['y'] };

/** Refusals of every kind, each with values in it that only the sender should know. */
const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  proof_missing: { proof: null },
  proof_malformed: { proof: 'secretProof.x.y' },
  proof_jwk_private: { proof: { header: { jwk: thief.privateJwk } } },
  proof_jwk: {
    proof: { header: { jwk: offCurve } },
    token: { payload: { cnf: { jkt: sha256(JSON.stringify(offCurve)) } } },
  },
  proof_htm: { proof: { payload: { htm: 'SECRETMETHOD' } } },
  proof_htu: { proof: { payload: { htu: 'https://secret-host.example/secretPath' } } },
  proof_ath: { proof: { payload: { ath: 'secretAth' } } },
  proof_claims: { proof: { payload: { jti: ['secretJti'] } } },
  nonce_stale: { proof: { payload: { nonce: 'secretNonce' } } },
  token_malformed: { token: 'secretToken.abc.def' },
  token_typ: { token: { header: { typ: 'secretTyp' } } },
  token_alg: { token: { header: { alg: 'secretAlg' } } },
  token_key_unknown: { token: { header: { kid: 'secretKid' } } },
  token_signature: { token: breakSignature(new Scene().token()) },
  token_issuer: { token: { payload: { iss: 'https://secret-issuer.example' } } },
  token_audience: { token: { payload: { aud: ['urn:secretAudience'] } } },
  token_claims: { token: { payload: { sub: { name: 'secretSubject' } } } },
  token_expired: { token: { payload: { exp: 1 } } },
  token_unbound: { token: { payload: { cnf: undefined } } },
  confirmation_unknown: { token: { payload: { cnf: { secretMember: 'secretValue' } } } },
  key_mismatch: { proof: { key: thief } },
  certificate_missing: { scheme: 'Bearer', token: boundTo(certificate) },
  scheme_unsupported: { scheme: 'SecretScheme' },
  credentials_malformed: { token: '"secretCredentials"' },
  credentials_duplicated: { fields: ['Authorization', 'DPoP secretDuplicate'] },
  proof_duplicated: { fields: ['DPoP', 'secretProof'] },
  request_malformed: { target: 'https://secret-target.example/orders' },
  scope_insufficient: { token: { payload: { scope: 'secretScope' } } },
};

/** Whatever a refusal may hold on to: its own members, its stack, its causes, and what a console would print. */
function everythingIn(refusal: HoldfastError): string {
  const printed = inspect(refusal, { depth: null, showHidden: true, getters: true });
  return [printed, JSON.stringify(refusal), String(refusal), refusal.stack, JSON.stringify(refusal.headers)].join('\n');
}

/** Pieces of the request that must not come back. */
function secretsOf({ headers }: HttpMessage): string[] {
  const values = headers.filter((_value, i) => i % 2 === 1);
  const credentials = values.flatMap((value) => value.split(/[ .,"]/)).filter((piece) => piece.length > 8);
  const claims = credentials.flatMap((piece) => inside(Buffer.from(piece, 'base64url').toString('latin1')));
  return [...credentials, ...claims];
}

// Strings within the JSON of a segment, without the words that everybody uses.
function inside(text: string): string[] {
  const strings = [...text.matchAll(/"([^"]{6,})"/g)].map(([, found = '']) => found);
  return strings.filter((found) => /secret/i.test(found) || /^[\w-]{20,}$/.test(found));
}

describe('BCP-4.9.3-01 tokens, proofs and what they say stay out of', () => {
  it.each(Object.entries(ATTEMPTS))('the error %s', async (code, attempt) => {
    const scene = new Scene();
    const message = await scene.message(attempt);
    const refusal = await scene.refusal(message, { scope: code === 'scope_insufficient' ? ['orders:read'] : [] });
    expect(refusal.code).toBe(code);
    const everything = everythingIn(refusal);
    const nonce = (await scene.nonce()) ?? '';
    for (const secret of secretsOf(message).filter((each) => each !== nonce)) expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/secret(?!s\.test)/i);
    for (const member of ['d', 'x', 'y']) expect(everything).not.toContain(thief.privateJwk[member]);
  });

  it('the cause of an internal error and of an outage', async () => {
    const add = () => {
      throw new Error('connection lost');
    };
    const scene = new Scene({ replay: { add } });
    const message = await scene.message();
    const everything = everythingIn(await scene.refusal(message));
    expect(everything).toContain('connection lost');
    const nonce = (await scene.nonce()) ?? '';
    for (const secret of secretsOf(message).filter((each) => each !== nonce)) expect(everything).not.toContain(secret);
  });
});

it('BCP-4.9.3-01 C067 nothing of a request’s credentials gets into the log or the reply', async () => {
  const lines: string[] = [];
  const scene = new Scene();
  await using server = await serveVenue(scene.verifier, { log: { write: (line) => lines.push(line) } });
  const secrets: string[] = [];
  const codes: string[] = [];
  for (const attempt of [{}, ...Object.values(ATTEMPTS)]) {
    const message = await scene.message(attempt);
    if (message.target.startsWith('https:')) continue; // the log of requests is the server's own, and shows targets
    secrets.push(...secretsOf(message));
    const fields = message.headers.map((each, i) => each + (i % 2 === 0 ? ': ' : '\r\n')).join('');
    const reply = await server.exchange(`GET /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`);
    const body = JSON.parse(reply.split('\r\n\r\n')[1] ?? '') as { code?: string };
    if (body.code !== undefined) codes.push(body.code);
    lines.push(reply);
  }
  const nonces = new Set(lines.flatMap((line) => line.match(/(?<=dpop-nonce: )\S+/gi) ?? []));
  const everything = lines.join('\n');
  expect(everything).toContain('"msg":"refused"');
  expect(codes).toEqual(expect.arrayContaining(['proof_htm', 'token_signature', 'key_mismatch', 'proof_missing']));
  for (const secret of secrets.filter((each) => !nonces.has(each))) expect(everything).not.toContain(secret);
  expect(everything).not.toMatch(/secret/i);
  for (const code of codes) expect(everything).toContain(`"code":"${code}"`);
});
