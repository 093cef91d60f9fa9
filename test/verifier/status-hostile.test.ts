import { deflateSync, gzipSync } from 'node:zlib';
import { HoldfastError, STATUS } from '@holdfast/proof';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { breakSignature, makeKey } from './forge.ts';
import { type Answer, json, silence, status } from './issuer-server.ts';
import { LIST, packed, StatusScene, TYPE, text } from './status-scene.ts';

const MEBIBYTE = 1024 * 1024;
let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

const stranger = makeKey('ES256', 'issuer-1');
const bomb = deflateSync(new Uint8Array(1024 * MEBIBYTE)).toString('base64url');

type Lie = (scene: StatusScene) => string;

/** Lists that are no such list of this issuer, each by its requirement, and what gives it away. */
const LIES: [string, cause: string, Lie][] = [
  ['TSL-5.1-04 a signature that is broken', 'token_signature', (scene) => breakSignature(scene.list())],
  ['TSL-5.1-04 the signature of a stranger', 'token_signature', (scene) => scene.list({ key: stranger })],
  [
    'TSL-5.1-04 a kid that the issuer does not publish',
    'token_key_unknown',
    (scene) => scene.list({ header: { kid: 'other' } }),
  ],
  [
    'TSL-5.1-04 no signature',
    'token_alg',
    (scene) => `${scene.list({ header: { alg: 'none' } }).replace(/\.[^.]*$/, '')}.`,
  ],
  ['TSL-5.1-04 a MAC', 'token_alg', (scene) => scene.list({ header: { alg: 'HS256' } })],
  ['TSL-5.1-04 an algorithm that is not accepted', 'token_alg', (scene) => scene.list({ header: { alg: 'RS256' } })],
  ['TSL-5.1-04 a critical extension', 'crit', (scene) => scene.list({ header: { crit: ['x'], x: 1 } })],
  ['TSL-5.1-04 an encrypted JWT', 'not three segments', () => 'a.b.c.d.e'],
  ['TSL-5.1-04 no JWT', 'not three segments', () => 'status'],
  ['TSL-5.1-04 nothing', 'not three segments', () => ''],
  ['TSL-5.1-04 a line after the JWT', 'signature is not base64url', (scene) => `${scene.list()}\n`],
  ['TSL-5.1-04 an nbf that lies ahead', 'nbf', (scene) => scene.list({ payload: { nbf: scene.now + 11 } })],
  ['TSL-5.1-04 an aud that is another', 'aud', (scene) => scene.list({ payload: { aud: 'urn:other' } })],
  ['TSL-5.1-04 the iss of another', 'iss', (scene) => scene.list({ payload: { iss: 'https://other.example' } })],
  ['TSL-5.1-04 no typ', 'typ', (scene) => scene.list({ header: { typ: undefined } })],
  ['TSL-5.1-04 the typ of a JWT', 'typ', (scene) => scene.list({ header: { typ: 'JWT' } })],
  [
    'TSL-5.1-04 an access token of the issuer',
    'typ',
    (scene) => scene.list({ header: { typ: 'at+jwt' }, payload: { aud: 'urn:holdfast:venue' } }),
  ],
  ['TSL-5.1-04 no iat', 'iat', (scene) => scene.list({ payload: { iat: undefined } })],
  ['TSL-5.1-04 an iat that is no number', 'iat', (scene) => scene.list({ payload: { iat: `${scene.now}` } })],
  ['TSL-5.1-04 a list that is none', 'status_list', (scene) => scene.list({ payload: { status_list: undefined } })],
  [
    'TSL-5.1-04 a list without bits',
    'bits',
    (scene) => scene.list({ payload: { status_list: { lst: packed({})['lst'] } } }),
  ],
  ['TSL-8.3-02 the list of another URI', 'sub', (scene) => scene.list({ payload: { sub: `${scene.uri}0` } })],
  ['TSL-8.3-02 no sub', 'sub', (scene) => scene.list({ payload: { sub: undefined } })],
  [
    'TSL-8.3-02 a sub that only means the same',
    'sub',
    (scene) => scene.list({ payload: { sub: scene.uri.replace('https', 'HTTPS') } }),
  ],
  ['TSL-8.3-03 one that has expired', 'exp', (scene) => scene.list({ payload: { exp: scene.now } })],
  ['TSL-8.3-03 an exp that is no number', 'exp', (scene) => scene.list({ payload: { exp: '9999999999' } })],
  ['TSL-8.3-04 one from the future', 'iat', (scene) => scene.list({ payload: { iat: scene.now + 11 } })],
  ['TSL-8.3-04 one that is older than its ttl', 'iat', (scene) => scene.list({ payload: { iat: scene.now - 40 } })],
  [
    'TSL-8.3-04 one that tells neither exp nor ttl',
    'exp',
    (scene) => scene.list({ payload: { exp: undefined, ttl: undefined } }),
  ],
  ['TSL-11-01 a ttl of nothing', 'ttl', (scene) => scene.list({ payload: { ttl: 0 } })],
  ['TSL-11-01 a ttl below nothing', 'ttl', (scene) => scene.list({ payload: { ttl: -1 } })],
  ['TSL-11-01 a ttl of a millisecond', 'ttl', (scene) => scene.list({ payload: { ttl: 0.001 } })],
  ['TSL-11-01 a ttl that is no number', 'ttl', (scene) => scene.list({ payload: { ttl: '30' } })],
  [
    'TSL-8.3-07 a gibibyte in a mebibyte',
    'lst',
    (scene) =>
      scene.list({
        payload: { status_list: { bits: 1, lst: bomb } },
      }),
  ],
  [
    'TSL-8.3-07 an octet more than is allowed',
    'lst',
    (scene) => scene.list({ payload: { status_list: packed({}, 8, MEBIBYTE + 1) } }),
  ],
];

type Trick = (scene: StatusScene) => Answer;

/** What stands where the list should be, and what gives it away. */
const TRICKS: [string, cause: string, Trick][] = [
  [
    'TSL-11-01 a redirection',
    'TypeError',
    (scene) => {
      scene.server.answers['/moved'] = text(scene.list());
      return status(302, { location: '/moved' });
    },
  ],
  ['TSL-11-01 a redirection to itself', 'TypeError', () => status(307, { location: LIST })],
  ['TSL-8.3-06 status 404', 'status 404', () => status(404)],
  ['TSL-8.3-06 status 500', 'status 500', () => status(500)],
  ['TSL-8.3-06 status 204', 'status 204', () => status(204)],
  [
    'TSL-8.3-06 status 203 with the list',
    'status 203',
    (scene) => (_request, response) => void response.writeHead(203, { 'content-type': TYPE }).end(scene.list()),
  ],
  [
    'TSL-8.3-06 the CWT form',
    'Content-Type',
    (scene) => text(scene.list(), { 'content-type': 'application/statuslist+cwt' }),
  ],
  [
    'TSL-8.3-06 another media type',
    'Content-Type',
    (scene) => text(scene.list(), { 'content-type': 'application/jwt' }),
  ],
  [
    'TSL-8.3-06 no media type',
    'Content-Type',
    (scene) => (_request, response) => void response.writeHead(200).end(scene.list()),
  ],
  ['TSL-8.3-06 the list in JSON', 'Content-Type', () => json(packed({}))],
  ['TSL-8.3-06 silence', 'TimeoutError', () => silence],
  [
    'TSL-8.3-06 a body that never ends',
    'TimeoutError',
    () => (_request, response) => void response.writeHead(200, { 'content-type': TYPE }).write('eyJ'),
  ],
  ['TSL-8.3-06 a connection that is cut', 'TypeError', () => (request) => void request.socket.destroy()],
  ['TSL-8.3-07 a body of 10 MB', 'too large', (scene) => text(scene.list() + 'A'.repeat(10 * MEBIBYTE))],
  [
    'TSL-8.3-07 a body of 40 MB in a few kilobytes',
    'too large',
    () => text(gzipSync('A'.repeat(40 * MEBIBYTE)), { 'content-encoding': 'gzip' }),
  ],
];

/** What exactly is wrong, as a debugger sees it. */
function causeOf({ cause }: HoldfastError): string | undefined {
  if (cause instanceof HoldfastError) return cause.detail ?? cause.code;
  return (cause as Error).name;
}

describe('an issuer whose list cannot be believed', () => {
  it.each(LIES)('%s', async (_what, cause, lie) => {
    await using scene = await StatusScene.open(certificates);
    scene.server.answers[LIST] = text(lie(scene));
    const refusal = await scene.refusal(scene.at(5));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, detail: 'status list' });
    expect(causeOf(refusal)).toBe(cause);
  });

  it.each(TRICKS)('%s', async (_what, cause, trick) => {
    await using scene = await StatusScene.open(certificates, { timeout: 1500 });
    scene.server.answers['/status/0'] = text(scene.list({ payload: { sub: `${scene.server.issuer}/status/0` } }));
    await scene.send(scene.at(5, {}, `${scene.server.issuer}/status/0`)); // the keys of the issuer are here by now
    scene.server.answers[LIST] = trick(scene);
    const refusal = await scene.refusal(scene.at(5));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, detail: 'status list' });
    expect(causeOf(refusal)).toBe(cause);
    expect(scene.server.asked).not.toContain('/moved');
    expect(scene.asked).toBe(1);
  });

  it('TSL-8.3-06 keeps the last good list for its time, and no lie takes its place', async () => {
    await using scene = await StatusScene.open(certificates);
    scene.statuses = { 5: STATUS.invalid };
    expect(await scene.outcome(scene.at(5))).toBe('token_revoked');
    scene.server.answers[LIST] = text(scene.list({ key: stranger, payload: { status_list: packed({}) } }));
    for (let i = 1; i < 30; i += 1) {
      scene.wait(1);
      expect(await scene.outcome(scene.at(5))).toBe('token_revoked');
    }
    scene.wait(1);
    expect(await scene.outcome(scene.at(5))).toBe('issuer_unavailable');
  });

  it('TSL-8.3-06 says nothing of the list, the token or the URI', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5);
    for (const [, , lie] of LIES) {
      scene.server.answers[LIST] = text(lie(scene));
      const { message, headers } = await scene.refusal(attempt);
      const said = JSON.stringify([message, headers]);
      expect(said).not.toMatch(/localhost|eyJ|\/status/);
      scene.wait(1);
    }
  });
});

describe('a list that can be believed', () => {
  it.each<[string, Lie]>([
    ['the long form of its typ', (scene) => scene.list({ header: { typ: 'application/StatusList+JWT' } })],
    ['an iss', (scene) => scene.list({ payload: { iss: scene.server.issuer } })],
    ['an aud that is ours', (scene) => scene.list({ payload: { aud: ['urn:holdfast:venue'] } })],
    ['an iat within the skew', (scene) => scene.list({ payload: { iat: scene.now + 10 } })],
    ['an age within ttl and skew', (scene) => scene.list({ payload: { iat: scene.now - 39 } })],
    ['a ttl of a second', (scene) => scene.list({ payload: { ttl: 1 } })],
    ['no ttl', (scene) => scene.list({ payload: { ttl: undefined } })],
    ['no exp', (scene) => scene.list({ payload: { exp: undefined } })],
    ['claims that nobody knows', (scene) => scene.list({ payload: { x: 1 } })],
    ['a mebibyte', (scene) => scene.list({ payload: { status_list: packed({}, 8, MEBIBYTE) } })],
  ])('TSL-8.3-06 has %s', async (_what, tell) => {
    await using scene = await StatusScene.open(certificates);
    scene.server.answers[LIST] = text(tell(scene));
    expect(await scene.outcome(scene.at(5))).toBe('accepted');
  });

  it('TSL-8.1-01 is asked for by GET and its media type, without credentials, and may be compressed', async () => {
    await using scene = await StatusScene.open(certificates);
    let asked: unknown;
    scene.server.answers[LIST] = ({ method, headers }, response) => {
      asked = { method, accept: headers.accept, coding: headers['accept-encoding'], names: Object.keys(headers) };
      text(gzipSync(scene.list()), { 'content-encoding': 'gzip' })(undefined as never, response);
    };
    expect(await scene.outcome(scene.at(5))).toBe('accepted');
    expect(asked).toMatchObject({ method: 'GET', accept: TYPE, coding: expect.stringContaining('gzip') });
    expect((asked as { names: string[] }).names).not.toEqual(expect.arrayContaining(['authorization']));
  });
});
