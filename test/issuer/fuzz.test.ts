import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, signed } from '../proof/forge.ts';
import { ASSERTION_TYPE, assertion, ISSUER, proof, proofKey, traderKey } from './forge.ts';
import { createScene, TRADER, tokenRequest } from './scene.ts';

const PKI = { token_endpoint_auth_method: 'tls_client_auth', scope: 'orders:read' };
const scene = await createScene({
  clients: [
    TRADER,
    { ...PKI, client_id: 'dn', tls_client_auth_subject_dn: 'CN=trader' },
    { ...PKI, client_id: 'ip', tls_client_auth_san_ip: '::1' },
  ],
});
const nonce = await scene.nonce();
const runs = { numRuns: 300 };
type Request = ReturnType<typeof tokenRequest>;

/** Whatever comes, there is an answer, it is no server error, and it is no token. */
async function expectRefused(request: Request): Promise<void> {
  const { status, body, headers } = await scene.issuer.token(request);
  expect([400, 401, 405]).toContain(status);
  expect(JSON.parse(body)).not.toHaveProperty('access_token');
  expect(headers['Cache-Control']).toBe('no-store');
}

const text = fc.string({ unit: 'binary', maxLength: 80 });
const word = fc.oneof(
  text,
  fc.constantFrom('trader', 'dn', 'ip', 'nobody', 'client_credentials', ASSERTION_TYPE, ISSUER, '', '%', '..', 'a.b.c'),
  fc.tuple(text, text, text).map((segments) => segments.map(encode).join('.')),
);
const name = fc.oneof(
  fc.constantFrom(
    'grant_type',
    'client_id',
    'client_assertion',
    'client_assertion_type',
    'scope',
    'resource',
    'client_secret',
  ),
  text,
);
const field = fc.constantFrom('dpop', 'DPoP', 'content-type', 'authorization', 'host', 'client-cert', 'x');
const json = fc.jsonValue({ maxDepth: 3 });

describe('FAPI2-5.4.1-01 whatever is sent, the answer is a refusal in good order', () => {
  it('any body', async () => {
    await fc.assert(
      fc.asyncProperty(text, (body) => expectRefused({ ...tokenRequest({}), body })),
      runs,
    );
  });

  it('any parameters', async () => {
    const forms = fc.array(fc.tuple(name, word), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        forms,
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        (pairs, certificate, certificateTrusted) => {
          const body = pairs
            .map((pair) => pair.map((each) => encodeURIComponent(each.toWellFormed())).join('='))
            .join('&');
          return expectRefused({ ...tokenRequest({}), body, certificate, certificateTrusted });
        },
      ),
      runs,
    );
  });

  it('any header fields, methods and targets, beside parameters that are sound but for the proof', async () => {
    const headers = fc.array(fc.tuple(field, word), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom('POST', 'GET', 'post', ''), word, (fields, method, target) =>
        expectRefused({ ...tokenRequest({ assertion: assertion(), headers: fields.flat() }), method, target }),
      ),
      runs,
    );
  });

  it('any header and payload in a signed assertion or proof', async () => {
    const members = fc.dictionary(
      fc.constantFrom(
        'alg',
        'typ',
        'jwk',
        'kid',
        'crit',
        'iss',
        'sub',
        'aud',
        'exp',
        'iat',
        'nbf',
        'jti',
        'htm',
        'htu',
        'nonce',
      ),
      json,
    );
    const segment = fc.oneof(json, members);
    await fc.assert(
      fc.asyncProperty(segment, segment, async (header, payload) => {
        const forged = (key: typeof traderKey) => signed(JSON.stringify(header), JSON.stringify(payload), key);
        await expectRefused(tokenRequest({ assertion: forged(traderKey), proof: proof() }));
        await expectRefused(tokenRequest({ assertion: assertion(), proof: forged(proofKey) }));
      }),
      runs,
    );
  });

  it('one member of a sound assertion or proof put to any other value', async () => {
    const claims = fc.constantFrom('iss', 'sub', 'aud', 'exp', 'jti');
    const wrong = json.filter((value) => typeof value !== 'string' && typeof value !== 'number');
    await fc.assert(
      fc.asyncProperty(claims, wrong, async (claim, value) => {
        const good = { payload: { nonce } };
        await expectRefused(
          tokenRequest({ assertion: assertion({ payload: { [claim]: value } }), proof: proof(good) }),
        );
      }),
      runs,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('htm', 'htu', 'iat', 'jti', 'nonce', 'exp', 'nbf', 'ath'),
        wrong,
        async (claim, value) =>
          expectRefused(tokenRequest({ assertion: assertion(), proof: proof({ payload: { nonce, [claim]: value } }) })),
      ),
      runs,
    );
  });

  it('one octet of a sound assertion or proof changed', async () => {
    const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \0');
    const change = (compact: string, at: number, to: string) => {
      const i = Math.floor(at * compact.length);
      return compact[i] === to ? `${compact}A` : compact.slice(0, i) + to + compact.slice(i + 1);
    };
    await fc.assert(
      fc.asyncProperty(position, character, async (at, to) => {
        const good = proof({ payload: { nonce } });
        await expectRefused(tokenRequest({ assertion: change(assertion(), at, to), proof: good }));
        await expectRefused(tokenRequest({ assertion: assertion(), proof: change(good, at, to) }));
      }),
      runs,
    );
  });
});
