import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  asRefusal,
  type Code,
  type Expected,
  HoldfastError,
  logFields,
  matchConfirmation,
  proofField,
  readConfirmation,
  readProof,
  refusals,
  reserveJti,
} from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forge, keys, type Members, NOW } from './forge.ts';
import { ALL, EXPECTED, judge, outcome, verdict } from './judge.ts';

const table = refusals();

describe('the table', () => {
  it.each(table)('$code has a sentence that fits a quoted-string and a log line', ({ code, sentence }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(sentence).toMatch(/^[A-Z][^"\\\p{Cc}]+[^.\s]$/u);
    // RFC 6749 §5.2: error_description is %x20-21 / %x23-5B / %x5D-7E
    expect(sentence).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  it.each(table)('$code names the requirement that it enforces', ({ requirement }) => {
    expect(requirement).toMatch(/^(RFC \d{4} §[\d.]+|[A-Z0-9]+(-[\d.]+){1,2}-\d{2})$/);
  });

  it('has no sentence twice', () => {
    expect(new Set(table.map(({ sentence }) => sentence)).size).toBe(table.length);
  });

  const statuses: Record<string, [number, number]> = {
    invalid_request: [400, 400],
    invalid_token: [401, 401],
    invalid_dpop_proof: [401, 400],
    use_dpop_nonce: [401, 400],
    insufficient_scope: [403, 403],
    invalid_signature: [401, 401],
    content_too_large: [413, 413],
    invalid_client: [401, 401],
    unauthorized_client: [400, 400],
    invalid_grant: [400, 400],
    unsupported_grant_type: [400, 400],
    unsupported_response_type: [400, 400],
    access_denied: [400, 400],
    login_required: [400, 400],
    invalid_request_uri: [400, 400],
    invalid_request_object: [400, 400],
    invalid_authorization_details: [400, 400],
    invalid_client_metadata: [400, 400],
    invalid_redirect_uri: [400, 400],
    invalid_scope: [400, 400],
    invalid_target: [400, 400],
    temporarily_unavailable: [503, 503],
    server_error: [500, 500],
  };
  it.each(table.filter(({ error }) => error !== undefined))('$code has the status of $error', ({ code, error }) => {
    const { status, issuerStatus } = new HoldfastError(code);
    expect([status, issuerStatus]).toEqual(statuses[error ?? '']);
  });

  it('without an OAuth error are the challenge to nobody in particular, and what a client refuses by itself', () => {
    const silent = table
      .filter(({ error }) => error === undefined)
      .map(({ code }) => [code, new HoldfastError(code).status]);
    expect(silent.filter(([, status]) => status === 401).map(([code]) => code)).toEqual([
      'credentials_missing',
      'scheme_unsupported',
    ]);
    expect(silent.filter(([, status]) => status !== 401).every(([, status]) => status === 0)).toBe(true);
  });
});

describe('reachable', () => {
  const certificate = Buffer.from('certificate');
  const proof = judge(forge());
  const duplicated = { method: 'GET', target: '/', headers: ['DPoP', 'a', 'DPoP', 'b'] };
  const nonces = { current: () => 'n', acceptedUntil: () => undefined };
  const required: Partial<Expected> = { freshness: { ...EXPECTED.freshness, nonces } };
  const x5t = { 'x5t#S256': keys.ES256.alg.padEnd(43, 'A') };

  const reached: Partial<Record<Code, string>> = {
    proof_duplicated: outcome(() => proofField(duplicated)),
    proof_too_large: verdict('x'.repeat(11_000)),
    proof_malformed: verdict('x'),
    proof_typ: verdict(forge({ header: { typ: 'JWT' } })),
    proof_alg: verdict(forge({ header: { alg: 'none' } })),
    proof_jwk: verdict(forge({ header: { jwk: {} } })),
    proof_jwk_private: verdict(forge({ header: { jwk: keys.ES256.privateJwk } })),
    proof_claims: verdict(forge({ payload: { jti: 1 } })),
    proof_htm: verdict(forge({ payload: { htm: 'GET' } })),
    proof_htu: verdict(forge({ payload: { htu: 'https://evil.example/' } })),
    proof_ath: verdict(forge({ payload: { ath: 'x' } }), { accessToken: 'y' }),
    proof_iat: verdict(forge({ payload: { iat: 0 } })),
    proof_expired: verdict(forge({ payload: { exp: 0 } })),
    proof_not_yet_valid: verdict(forge({ payload: { nbf: NOW + 99 } })),
    proof_signature: verdict(forge({ key: { ...keys.ES256, sign: keys.Ed25519.sign } })),
    nonce_missing: verdict(forge(), required),
    nonce_stale: verdict(forge({ payload: { nonce: 'x' } }), required),
    proof_missing: outcome(() => matchConfirmation({ jkt: proof.jkt }, { scheme: 'DPoP' })),
    token_unbound: outcome(() => readConfirmation(undefined)),
    confirmation_unknown: outcome(() => readConfirmation({ kid: 'k' })),
    scheme_mismatch: outcome(() => matchConfirmation({ jkt: proof.jkt }, { scheme: 'Bearer' })),
    key_mismatch: outcome(() => matchConfirmation({ jkt: 'x' }, { scheme: 'DPoP', proof })),
    certificate_missing: outcome(() => matchConfirmation(x5t, { scheme: 'Bearer' })),
    certificate_mismatch: outcome(() => matchConfirmation(x5t, { scheme: 'Bearer', certificate })),
    internal: asRefusal(new Error('x')).code,
  };

  it.each(Object.entries(reached))('%s by this package', (code, reachedCode) => {
    expect(reachedCode).toBe(code);
  });

  it('proof_replayed and store_unavailable by the store', async () => {
    const refusal = async (add: () => boolean): Promise<unknown> =>
      reserveJti({ add }, proof).catch((error: unknown) => (error as HoldfastError).code);
    expect(await refusal(() => false)).toBe('proof_replayed');
    expect(await refusal(() => JSON.parse(''))).toBe('store_unavailable');
  });

  it('every other code is thrown by some package', () => {
    const packages = new URL('../../packages/', import.meta.url);
    const sources = readdirSync(packages, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\/src\/.*\.ts$/.test(path) && !path.includes('node_modules') && !path.endsWith('/refusals.ts'))
      .map((path) => readFileSync(new URL(path, packages), 'utf8'))
      .join('\n');
    const unused = table
      .map(({ code }) => code)
      .filter((code) => code !== 'internal' && !sources.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});

describe('what a log may hold of a refusal', () => {
  it('is the code and the skew where the sender is at fault', () => {
    const refusal = new HoldfastError('proof_iat', { skew: 90, cause: new Error('Zq7SECRETzq7') });
    expect(logFields(refusal)).toEqual({ code: 'proof_iat', skew: 90 });
  });

  it('is also where it came from when the fault is ours, and never the words of an unknown error', () => {
    const fields = logFields(asRefusal(new RangeError('Zq7SECRETzq7')));
    expect(fields).toMatchObject({
      code: 'internal',
      cause: 'RangeError',
      origin: expect.stringContaining('errors.test.ts'),
    });
    expect(JSON.stringify(fields)).not.toContain('SECRET');
  });

  it('is also what Node calls a fault of the connection, wherever it is among the causes', () => {
    const untrusted = Object.assign(new Error('of idp.example'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    const cause = new TypeError('fetch failed', { cause: untrusted });
    const fields = logFields(new HoldfastError('issuer_unavailable', { cause }));
    expect(fields).toMatchObject({ code: 'issuer_unavailable', reason: 'SELF_SIGNED_CERT_IN_CHAIN' });
    expect(JSON.stringify(fields)).not.toContain('idp.example');
  });

  it('is no code that Node would not give', () => {
    for (const code of ['Zq7SECRETzq7', 'A SECRET', 'S'.repeat(65), 7, undefined]) {
      const cause = Object.assign(new Error(''), { code });
      expect(logFields(new HoldfastError('issuer_unavailable', { cause }))['reason']).toBeUndefined();
    }
    const round = new Error('');
    round.cause = round;
    expect(logFields(asRefusal(round))['reason']).toBeUndefined();
  });

  it('needs no cause', () => {
    expect(logFields(new HoldfastError('store_full'))).toEqual({ code: 'store_full' });
    expect(logFields(new HoldfastError('store_unavailable', { detail: 'not connected' }))).toEqual({
      code: 'store_unavailable',
      detail: 'not connected',
    });
    const cause = new HoldfastError('issuer_unavailable', { detail: 'status 401' });
    expect(logFields(new HoldfastError('issuer_unavailable', { cause }))).toEqual({
      code: 'issuer_unavailable',
      detail: 'status 401',
      cause: 'issuer_unavailable',
    });
    expect(logFields(asRefusal('thrown'))).toEqual({ code: 'internal' });
  });
});

describe('a refusal', () => {
  const secret = 'Zq7SECRETzq7';
  const spoilt: [string, Members, Members][] = [
    ['typ', { typ: secret }, {}],
    ['alg', { alg: secret }, {}],
    ['jwk', { jwk: secret }, {}],
    ['a member of jwk', { jwk: { ...keys.ES256.jwk, x: secret } }, {}],
    ['a private key', { jwk: { ...keys.ES256.jwk, d: secret } }, {}],
    ['crit', { crit: [secret], [secret]: secret }, {}],
    ['jti', {}, { jti: [secret] }],
    ['htm', {}, { htm: secret }],
    ['htu', {}, { htu: secret }],
    ['ath', {}, { ath: secret }],
    ['nonce', {}, { nonce: { secret } }],
    ['iat', {}, { iat: secret }],
    ['exp', {}, { exp: secret }],
  ];
  it.each(spoilt)('does not repeat %s', (_, header, payload) => {
    try {
      judge(forge({ header, payload }), { accessToken: 'token' });
    } catch (error) {
      expect(error).toBeInstanceOf(HoldfastError);
      expect(`${error}${JSON.stringify(error)}${inspect(error)}`).not.toContain(secret);
      return;
    }
    expect.unreachable('the proof was accepted');
  });

  it('does not repeat any part of any text that is sent as a proof', () => {
    const segment = fc.string({
      unit: fc.constantFrom('Q', 'Z', '7', '.', '-', '{', '"'),
      minLength: 12,
      maxLength: 60,
    });
    fc.assert(
      fc.property(segment, (text) => {
        try {
          readProof(text, ALL);
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError);
          expect((error as Error).message).not.toContain(text.slice(0, 4));
        }
      }),
    );
  });

  it('says what is wrong by name, and how far the clocks are apart', () => {
    expect(new HoldfastError('proof_claims', { detail: 'jti' }).message).toMatch(/: jti$/);
    expect(new HoldfastError('proof_iat', { skew: 61.6 }).message).toMatch(/: skew \+62 s$/);
    expect(new HoldfastError('proof_iat', { detail: 'iat', skew: -5 }).message).toMatch(/: iat, skew -5 s$/);
    expect(new HoldfastError('proof_iat').message).toBe(table.find(({ code }) => code === 'proof_iat')?.sentence);
  });

  it('is an Error that can be told by its name', () => {
    const error = new HoldfastError('proof_htm');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'HoldfastError', code: 'proof_htm', error: 'invalid_dpop_proof', headers: {} });
    expect(error).not.toHaveProperty('cause');
  });
});

describe('asRefusal', () => {
  it('leaves a refusal as it is', () => {
    const refused = new HoldfastError('proof_htm');
    expect(asRefusal(refused)).toBe(refused);
  });

  it.each([new Error('secret'), new TypeError('secret'), 'secret', undefined, null, 0, { code: 'proof_htm' }])(
    'DPOP-7.1-04 makes anything else a closed door: %s',
    (thrown) => {
      const refused = asRefusal(thrown);
      expect(refused).toMatchObject({ code: 'internal', status: 500, issuerStatus: 500, error: 'server_error' });
      expect(`${refused.message}${JSON.stringify(refused)}`).not.toContain('secret');
    },
  );
});
