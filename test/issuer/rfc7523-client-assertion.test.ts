import { describe, expect, it } from 'vitest';
import { signed } from '../proof/forge.ts';
import { assertion, type Forgery, ISSUER, NOW, proof, thiefKey, traderKey } from './forge.ts';
import { type Attempt, createScene, expectRefusal, expectToken, type Scene, TRADER } from './scene.ts';

const scene = await createScene();

/** A sound request of `trader` over which something is put. */
async function send(attempt: Attempt, at: Scene = scene) {
  return at.send({ proof: proof({ payload: { nonce: await at.nonce() } }), ...attempt });
}

const refused = async (forgery: Forgery, code: string) =>
  expectRefusal(await scene.assert(forgery), 'invalid_client', code);

describe('CA-3-01 C009 iss and sub are the client, and so is client_id', () => {
  it.each<[string, Forgery['payload'], string]>([
    ['no sub', { sub: undefined }, 'client_unauthenticated'],
    ['no iss', { iss: undefined }, 'assertion_claims'],
    ['iss of another client', { iss: 'other' }, 'assertion_claims'],
    ['sub of no client', { sub: 'nobody' }, 'client_unknown'],
    ['sub in another letter case', { sub: 'Trader' }, 'client_unknown'],
    ['an array', { sub: ['trader'] }, 'client_unauthenticated'],
    ['iss as an array', { iss: ['trader'] }, 'assertion_claims'],
  ])('refuses %s', async (_name, payload, code) => {
    await refused({ payload: payload ?? {} }, code);
  });

  it('takes client_id beside the assertion when it is the same one', async () => {
    expectToken(await send({ assertion: assertion(), form: { client_id: 'trader' } }));
    expectToken(await send({ assertion: assertion(), form: { client_id: '' } }));
  });

  it('C013 refuses the assertion of one client with the client_id of another', async () => {
    const other = { ...TRADER, client_id: 'other', jwks: { keys: [thiefKey.jwk] } };
    const two = await createScene({ clients: [TRADER, other] });
    const request = async (client: string, by: Forgery) =>
      send({ assertion: assertion(by), form: { client_id: client } }, two);
    const asOther = { iss: 'other', sub: 'other' };
    expectToken(await request('other', { key: thiefKey, payload: asOther }));
    for (const [client, by, code] of [
      ['other', {}, 'assertion_signature'],
      ['other', { key: thiefKey }, 'assertion_claims'],
      ['other', { payload: asOther }, 'assertion_signature'],
      ['trader', { key: thiefKey }, 'assertion_signature'],
      ['trader', { key: thiefKey, payload: asOther }, 'assertion_signature'],
      ['other', { key: thiefKey, payload: { ...asOther, sub: 'trader' } }, 'assertion_claims'],
    ] as const) {
      expectRefusal(await request(client, by), 'invalid_client', code);
    }
  });
});

describe('CA-3-02 CA-3-03 CA-bis-02 FAPI2-5.3.2.1-08 C008 aud is the issuer as a string and nothing else', () => {
  it.each([
    ...[undefined, null, '', 7, {}, [], [ISSUER], [ISSUER, 'https://other.example'], 'https://other.example'],
    ...[`${ISSUER}/`, `${ISSUER}/token`, `${ISSUER}/par`, `${ISSUER}:443`, ISSUER.toUpperCase(), ISSUER.slice(0, -1)],
  ])('refuses %j', async (aud) => {
    await refused({ payload: { aud } }, 'assertion_audience');
  });
  it('C007 takes the issuer', async () => expectToken(await scene.assert()));
});

describe('CA-3-04 CA-3-05 CA-3-06 CA-3-07 FAPI2-5.3.2.1-13 times', () => {
  it.each([
    ['exp', 60],
    ['exp', 310],
    ['exp', -9],
    ['exp', 0.5],
    ['iat', 0],
    ['iat', 8],
    ['iat', 10],
    ['iat', -3600],
    ['nbf', 0],
    ['nbf', 8],
    ['nbf', 10],
    ['nbf', -3600],
  ] as const)('C011 takes %s %d s from now', async (claim, seconds) => {
    expectToken(await scene.assert({ payload: { [claim]: NOW + seconds } }));
  });

  it.each([
    ['exp', -300],
    ['exp', -10],
    ['exp', 311],
    ['exp', 86_400],
    ['iat', 11],
    ['iat', 62],
    ['iat', 3600],
    ['nbf', 11],
    ['nbf', 62],
    ['nbf', 3600],
  ] as const)('C010 C011 refuses %s %d s from now and says the skew', async (claim, seconds) => {
    const answer = await scene.assert({ payload: { [claim]: NOW + seconds } });
    expectRefusal(answer, 'invalid_client', 'assertion_time');
    expect(answer.refusal).toMatchObject({ detail: claim, skew: seconds });
  });

  it.each(['exp', 'iat', 'nbf'])('JOSE-7519-4.1-01 refuses %s that is no number', async (claim) => {
    for (const value of [`${NOW + 60}`, null, true, [NOW], {}])
      await refused({ payload: { [claim]: value } }, 'assertion_claims');
  });

  it.each(['exp', 'iat', 'nbf'])('JOSE-7519-4.1-01 refuses an infinite %s', async (claim) => {
    for (const value of ['1e400', '-1e400']) {
      const body = JSON.stringify({ iss: 'trader', sub: 'trader', aud: ISSUER, jti: value, exp: NOW + 60, [claim]: 0 });
      const infinite = body.replace(/,"(exp|iat|nbf)":0/, `,"$1":${value}`).replace(`"exp":0`, `"exp":${value}`);
      expect(infinite).toContain(`"${claim}":${value}`);
      expectRefusal(await send({ assertion: signed('{"alg":"ES256"}', infinite, traderKey) }), 'invalid_client');
    }
  });

  it('CA-3-04 refuses an assertion without exp', () => refused({ payload: { exp: undefined } }, 'assertion_claims'));
  it('takes one without iat', async () => expectToken(await scene.assert({ payload: { iat: undefined } })));
});

describe('CA-3-08 jti', () => {
  it.each([undefined, '', 7, null, ['a']])('refuses %j', (jti) => refused({ payload: { jti } }, 'assertion_claims'));
});
