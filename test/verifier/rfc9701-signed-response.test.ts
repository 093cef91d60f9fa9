import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { base64url, breakSignature, type Forgery, forgeText, makeKey, published } from './forge.ts';
import { CLIENT_ID, IntrospectionScene, type Say, SIGNED } from './introspection-scene.ts';
import { json } from './issuer-server.ts';
import { AUDIENCE } from './scene.ts';

let certificates: Certificates;
let scene: IntrospectionScene;

beforeAll(async () => {
  certificates = await makeCertificates();
  scene = await IntrospectionScene.open(certificates, { signed: true });
  return () => scene[Symbol.asyncDispose]();
});

/** What the verifier says of a token that the issuer answers in this way. */
async function codeFor(say: Say): Promise<string> {
  scene.say = say;
  return await scene.code({ token: scene.issue() });
}

describe('RFC 9701 §5 a signed answer', () => {
  it('JIR-4-01: is asked for, and is as good as a plain one', async () => {
    scene.say = scene.signed();
    const token = scene.issue({ token_type: 'DPoP' });
    const access = await scene.send({ token });
    expect(access).toMatchObject({ clientId: 'client-1', claims: scene.known.get(token) });
    expect(access.claims).not.toHaveProperty('token_introspection');
    expect(scene.questions.at(-1)?.headers.accept).toBe(SIGNED);
    expect(await scene.code({ token, proof: { key: makeKey() } })).toBe('key_mismatch');
  });

  it('says that a token is inactive', async () => {
    expect(await codeFor(scene.signed({ payload: { token_introspection: { active: false } } }))).toBe('token_inactive');
    expect(await codeFor(scene.signed({ payload: { token_introspection: { active: 'true' } } }))).toBe(
      'token_inactive',
    );
  });

  it('JIR-8.1-02: has to say of the token what an access token says', async () => {
    scene.say = scene.signed();
    expect(await scene.code({ token: scene.issue({ cnf: undefined }) })).toBe('token_unbound');
    expect(await scene.code({ token: scene.issue({ aud: undefined }) })).toBe('token_claims');
    expect(await scene.code({ token: scene.issue({ aud: CLIENT_ID }) })).toBe('token_audience');
  });

  it.each<[string, () => Forgery]>([
    ['its media type in full and in capitals', () => ({ header: { typ: 'Application/Token-Introspection+JWT' } })],
    ['us among others in aud', () => ({ payload: { aud: ['other', CLIENT_ID] } })],
    ['no kid', () => ({ header: { kid: undefined } })],
    ['a clock that is ten seconds behind', () => ({ payload: { iat: scene.now - 10 } })],
    ['a clock that is ten seconds ahead', () => ({ payload: { iat: scene.now + 10 } })],
    ['its own end', () => ({ payload: { exp: scene.now + 1, nbf: scene.now } })],
  ])('is taken with %s', async (_what, forgery) => {
    scene.say = scene.signed(forgery());
    await scene.send({ token: scene.issue() });
  });

  it('is taken under a Content-Type with parameters and in capitals', async () => {
    const type = `${SIGNED.toUpperCase()} ; charset=utf-8`;
    scene.say = (question, response) => scene.text(type, scene.jwt(scene.about(question)))(question, response);
    await scene.send({ token: scene.issue() });
  });
});

const stranger = makeKey('ES256', 'stranger');
const sameKid = makeKey('ES256', 'issuer-1');
const rs256 = makeKey('RS256', 'rs');

/** Everything about a signed answer that may be wrong, with what an operator reads of it. */
const FORGERIES: readonly [string, () => Forgery, object][] = [
  ['by a key that the issuer does not publish', () => ({ key: stranger }), { code: 'token_key_unknown' }],
  ['by another key under the kid of the issuer', () => ({ key: sameKid }), { code: 'token_signature' }],
  ['by RS256', () => ({ key: rs256 }), { code: 'token_alg' }],
  ['with alg none', () => ({ header: { alg: 'none' } }), { code: 'token_alg' }],
  ['with alg HS256', () => ({ header: { alg: 'HS256' } }), { code: 'token_alg' }],
  ['with an extension that has to be understood', () => ({ header: { crit: ['x'], x: 1 } }), { detail: 'crit' }],
  ['with a kid that is no string', () => ({ header: { kid: 7 } }), { detail: 'kid' }],
  ['without typ', () => ({ header: { typ: undefined } }), { detail: 'typ' }],
  ['with typ JWT', () => ({ header: { typ: 'JWT' } }), { detail: 'typ' }],
  ['with typ at+jwt', () => ({ header: { typ: 'at+jwt' } }), { detail: 'typ' }],
  ['with typ dpop+jwt', () => ({ header: { typ: 'dpop+jwt' } }), { detail: 'typ' }],
  ['without iss', () => ({ payload: { iss: undefined } }), { detail: 'iss' }],
  ['of another issuer', () => ({ payload: { iss: 'https://other.example' } }), { detail: 'iss' }],
  ['of the issuer with a slash', () => ({ payload: { iss: `${scene.server.issuer}/` } }), { detail: 'iss' }],
  ['without aud', () => ({ payload: { aud: undefined } }), { detail: 'aud' }],
  ['for another client', () => ({ payload: { aud: 'other' } }), { detail: 'aud' }],
  ['for other clients', () => ({ payload: { aud: ['other', `${CLIENT_ID}2`] } }), { detail: 'aud' }],
  ['for the resource, not its client', () => ({ payload: { aud: AUDIENCE } }), { detail: 'aud' }],
  ['without iat', () => ({ payload: { iat: undefined } }), { detail: 'iat' }],
  ['with iat as a string', () => ({ payload: { iat: String(scene.now) } }), { detail: 'iat' }],
  ['from before the question', () => ({ payload: { iat: scene.now - 11 } }), { detail: 'iat', skew: -11 }],
  ['from after its arrival', () => ({ payload: { iat: scene.now + 11 } }), { detail: 'iat', skew: 11 }],
  ['that has ended', () => ({ payload: { exp: scene.now } }), { detail: 'exp' }],
  ['whose end is no number', () => ({ payload: { exp: 'never' } }), { detail: 'exp' }],
  ['that begins later', () => ({ payload: { nbf: scene.now + 11 } }), { detail: 'nbf' }],
  [
    'without token_introspection',
    () => ({ payload: { token_introspection: undefined } }),
    { detail: 'token_introspection' },
  ],
  ['that says active beside it', () => ({ payload: { token_introspection: {}, active: true } }), { detail: 'active' }],
  [
    'with token_introspection true',
    () => ({ payload: { token_introspection: true } }),
    { detail: 'token_introspection' },
  ],
  [
    'with a list in it',
    () => ({ payload: { token_introspection: [{ active: true }] } }),
    { detail: 'token_introspection' },
  ],
];

describe('RFC 9701 §5 what is no signed answer', () => {
  it.each(FORGERIES)('one %s: 503', async (_what, forgery, cause) => {
    scene.say = scene.signed(forgery());
    const refusal = await scene.refusal({ token: scene.issue() });
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, cause });
  });

  it('one in which anything was changed', async () => {
    const header = JSON.stringify({ typ: 'token-introspection+jwt', alg: 'ES256', kid: 'issuer-1' });
    const good = scene.jwt({ active: true });
    const [head, payload, signature] = good.split('.');
    const other = scene.jwt({ active: true, scope: 'admin' }).split('.')[1];
    for (const text of [
      breakSignature(good),
      `${head}.${other}.${signature}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${good}.`,
      ` ${good}`,
      `${good}\n`,
      `"${good}"`,
      '',
      '..',
      forgeText(scene.issuerKey, header, 'not JSON'),
      forgeText(scene.issuerKey, header, '[{}]'),
    ]) {
      expect(await codeFor(scene.text(SIGNED, text)), text).toBe('issuer_unavailable');
    }
  });

  it('an old one about another token: it does not say which token it is about, so its time has to', async () => {
    let recorded = '';
    scene.say = (question, response) => {
      recorded = scene.jwt(scene.about(question));
      scene.text(SIGNED, recorded)(question, response);
    };
    await scene.send({ token: scene.issue() });
    scene.wait(11);
    expect(await codeFor(scene.text(SIGNED, recorded))).toBe('issuer_unavailable');
  });

  it('an encrypted one: there is no key that it could be for', async () => {
    const head = base64url(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'token-introspection+jwt' }));
    scene.say = scene.text(SIGNED, `${head}..aXY.Y2lwaGVydGV4dA.dGFn`);
    const refusal = await scene.refusal({ token: scene.issue() });
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', cause: { detail: 'encrypted' } });
  });
});

describe('RFC 9701 §8.1 JWTs of the same issuer', () => {
  it('JIR-8.1-01: an answer is no access token, whatever it says', async () => {
    const { issuer } = scene.server;
    const token = scene.token({ header: { typ: 'token-introspection+jwt' }, payload: { iss: issuer } });
    expect(await scene.code({ token })).toBe('token_typ');
    const typ = 'application/token-introspection+jwt';
    expect(await scene.code({ token: scene.token({ header: { typ }, payload: { iss: issuer } }) })).toBe('token_typ');
  });

  it('JIR-8.1-01: an access token is no answer, whatever it says', async () => {
    const token = scene.token({
      payload: { iss: scene.server.issuer, aud: CLIENT_ID, iat: scene.now, token_introspection: { active: true } },
    });
    expect(await codeFor(scene.text(SIGNED, token))).toBe('issuer_unavailable');
    expect(await codeFor(scene.text('application/at+jwt', token))).toBe('issuer_unavailable');
    expect(await codeFor(scene.text('application/jwt', token))).toBe('issuer_unavailable');
  });
});

describe('what kind of answer is taken', () => {
  async function outcomes(signed: boolean | undefined): Promise<string[]> {
    await using asking = await IntrospectionScene.open(certificates, signed === undefined ? {} : { signed });
    const { say: plain } = asking;
    const results: string[] = [];
    for (const say of [asking.signed(), plain]) {
      asking.say = say;
      const [sent] = await Promise.allSettled([asking.send({ token: asking.issue() })]);
      results.push(sent.status === 'fulfilled' ? 'accepted' : sent.reason.code);
    }
    return results;
  }

  it('a signed one and no other, where it has to be', async () => {
    expect(await outcomes(true)).toEqual(['accepted', 'issuer_unavailable']);
  });

  it('a plain one and no other, where only that was asked for', async () => {
    expect(await outcomes(false)).toEqual(['issuer_unavailable', 'accepted']);
  });

  it('either, where nothing is said', async () => {
    expect(await outcomes(undefined)).toEqual(['accepted', 'accepted']);
  });
});

describe('the keys of a signed answer', () => {
  it('are those of the issuer now: a new kid is fetched, after the cooldown, a withdrawn one is refused', async () => {
    await using own = await IntrospectionScene.open(certificates, { signed: true, ttl: 0 });
    own.say = own.signed();
    const send = () => own.send({ token: own.issue() });
    await send();
    const next = makeKey('ES256', 'issuer-2');
    own.server.answers['/jwks'] = json({ keys: [published(next)] });
    own.say = own.signed({ key: next });
    own.wait(30);
    await send();
    own.say = own.signed();
    own.wait(30);
    expect(await own.code({ token: own.issue() })).toBe('issuer_unavailable');
  });

  it('are needed for signed answers only', async () => {
    await using own = await IntrospectionScene.open(certificates);
    await own.send({ token: own.issue() });
    expect(own.server.asked).not.toContain('/jwks');
  });
});
