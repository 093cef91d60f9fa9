import { X509Certificate } from 'node:crypto';
import { readConfig } from '@holdfast/issuer';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ForgedKey, keys } from '../proof/forge.ts';
import { type Certificates, makeCertificates } from '../verifier/certificates.ts';
import { type Answer, type IssuerServer, json, serveIssuer, status } from '../verifier/issuer-server.ts';
import { ecKey, type Forgery, proof, thiefKey, traderKey } from './forge.ts';
import { configuration, createScene, type Scene, TRADER } from './scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

const nextKey = ecKey();
const named = (key: ForgedKey, kid?: string) => ({ ...key.jwk, ...(kid === undefined ? {} : { kid }) });
const published = (...all: object[]): Answer => json({ keys: all });

/** The issuer, with one client that publishes its keys at a real server. */
async function scene(server: IssuerServer, changes: object = {}): Promise<Scene> {
  const { jwks: _, ...trader } = TRADER;
  const client = { ...trader, jwks_uri: `${server.issuer}/jwks`, ...changes };
  return await createScene({ clients: [client] }, undefined, { fetch: server.fetch });
}

/** What a sound request gets by an assertion that is signed by this key: a token, or the reason why not. */
async function outcome(scene: Scene, key: ForgedKey, header: Forgery['header'] = {}): Promise<unknown> {
  const payload = { iat: scene.now, exp: scene.now + 60 };
  const { body } = await scene.assert({ key, header, payload });
  return 'access_token' in body ? 'token' : body['code'];
}

describe('FAPI2-5.4.2-01 the keys of a client by its jwks_uri', () => {
  it('are fetched when they are first needed, once, and kept for ten minutes', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(traderKey.jwk);
    const trading = await scene(server);
    expect(server.asked).toEqual([]);
    for (let i = 0; i < 3; i += 1) expect(await outcome(trading, traderKey)).toBe('token');
    trading.now += 599;
    expect(await outcome(trading, traderKey)).toBe('token');
    expect(server.asked).toEqual(['/jwks']);
    trading.now += 1;
    expect(await outcome(trading, traderKey)).toBe('token');
    expect(server.asked).toEqual(['/jwks', '/jwks']);
  });

  it('are fetched once for 100 requests at the same time', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(traderKey.jwk);
    const trading = await scene(server);
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcome(trading, traderKey)));
    expect(outcomes).toEqual(Array(100).fill('token'));
    expect(server.asked).toEqual(['/jwks']);
  });

  it('come by TLS alone, in a configuration', () => {
    const { jwks: _, ...trader } = TRADER;
    for (const uri of ['http://trader.example/jwks', 'ftp://trader.example/jwks', 'trader.example/jwks', '']) {
      expect(() => readConfig(configuration({ clients: [{ ...trader, jwks_uri: uri }] }))).toThrow(
        'clients[0].jwks_uri: must be an https URL',
      );
    }
  });

  it('come by TLS alone: a redirect is not followed', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/other'] = published(traderKey.jwk);
    server.answers['/jwks'] = status(302, { location: '/other' });
    expect(await outcome(await scene(server), traderKey)).toBe('client_keys_unavailable');
    expect(server.asked).toEqual(['/jwks']);
  });

  it('are those of the client and of nobody else', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(traderKey.jwk);
    expect(await outcome(await scene(server), thiefKey)).toBe('assertion_signature');
  });
});

describe('FAPI2-5.4.2-01 a client rotates its keys without anybody’s help', () => {
  it('a kid that is new is looked for once the cooldown is over', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(named(traderKey, 'one'));
    const trading = await scene(server);
    expect(await outcome(trading, traderKey, { kid: 'one' })).toBe('token');
    server.answers['/jwks'] = published(named(traderKey, 'one'), named(nextKey, 'two'));
    trading.now += 29;
    expect(await outcome(trading, nextKey, { kid: 'two' })).toBe('assertion_signature');
    trading.now += 1;
    expect(await outcome(trading, nextKey, { kid: 'two' })).toBe('token');
    expect(await outcome(trading, traderKey, { kid: 'one' })).toBe('token');
    expect(server.asked).toHaveLength(2);
  });

  it('so is the first key for an algorithm', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(traderKey.jwk);
    const trading = await scene(server);
    expect(await outcome(trading, traderKey)).toBe('token');
    server.answers['/jwks'] = published(keys.PS256.jwk);
    trading.now += 30;
    expect(await outcome(trading, keys.PS256)).toBe('token');
  });

  it('a key that it withdrew is good for ten minutes at most', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(named(traderKey, 'one'));
    const trading = await scene(server);
    expect(await outcome(trading, traderKey, { kid: 'one' })).toBe('token');
    server.answers['/jwks'] = published();
    trading.now += 600;
    expect(await outcome(trading, traderKey, { kid: 'one' })).toBe('assertion_signature');
  });
});

describe('strangers', () => {
  it('JOSE-8725-3.10-01 with 100 kids cost the client one question per cooldown, and its own requests nothing', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(named(traderKey, 'one'));
    const trading = await scene(server);
    expect(await outcome(trading, traderKey)).toBe('token');
    trading.now += 30;
    const odd = ['../one', "' OR 1=1", '/etc/passwd', 'https://thief.example/key', '', '__proto__'];
    const kids = [...odd, ...Array.from({ length: 94 }, (_, i) => `kid ${i}`)];
    const outcomes = kids.map((kid) => outcome(trading, thiefKey, { kid }));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['assertion_signature']));
    expect(await outcome(trading, traderKey, { kid: 'one' })).toBe('token');
    expect(server.asked).toHaveLength(2);
  });

  it('JOSE-8725-3.10-01, FAPI2-5.4.2-02 have no say in where keys come from: jku and x5u are not fetched', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(traderKey.jwk);
    server.answers['/thief'] = published(thiefKey.jwk);
    const trading = await scene(server);
    const header = { jku: `${server.issuer}/thief`, x5u: `${server.issuer}/thief`, jwk: thiefKey.jwk };
    expect(await outcome(trading, thiefKey, header)).toBe('assertion_signature');
    expect(await outcome(trading, traderKey, header)).toBe('token');
    expect(server.asked).toEqual(['/jwks']);
  });
});

describe('FAPI2-5.4.2-01 a JWK Set', () => {
  it.each([
    ['that is not there', status(404)],
    ['whose server fails', status(500)],
    ['behind a closed connection', ((request) => request.socket.destroy()) as Answer],
    ['that is no JSON', ((_request, response) => response.end('<keys>')) as Answer],
    ['that is an array', json([traderKey.jwk])],
    ['without keys', json({})],
    ['whose keys are no array', json({ keys: traderKey.jwk })],
    ['of 21 keys', published(...Array(21).fill(traderKey.jwk))],
    ['of more than 64 KiB', json({ keys: [traderKey.jwk], more: 'x'.repeat(65_536) })],
    ['with a private key', published(traderKey.jwk, thiefKey.privateJwk)],
    ['with a shared secret', published(traderKey.jwk, { kty: 'oct', k: 'AAAA' })],
  ] as const)('%s is not used, and it is not said why', async (_what, answer) => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = answer;
    const trading = await scene(server);
    const { status: code, body } = await trading.assert();
    expect([code, body]).toEqual([
      401,
      {
        error: 'invalid_client',
        error_description: 'The keys of the client cannot be fetched',
        code: 'client_keys_unavailable',
      },
    ]);
    server.answers['/jwks'] = published(traderKey.jwk);
    expect(await outcome(trading, traderKey)).toBe('client_keys_unavailable'); // within the same second nobody asks again
    trading.now += 1;
    expect(await outcome(trading, traderKey)).toBe('token');
  });

  it('may hold what is not understood here', async () => {
    await using server = await serveIssuer(certificates, []);
    const other = [{ kty: 'quantum' }, null, 7, 'key', [], { ...thiefKey.jwk, use: 'enc' }];
    server.answers['/jwks'] = json({ keys: [...other, traderKey.jwk], comment: 'ours' });
    const trading = await scene(server);
    expect([await outcome(trading, traderKey), await outcome(trading, thiefKey)]).toEqual([
      'token',
      'assertion_signature',
    ]);
  });

  it('that cannot be fetched any more is used for an hour, and no longer', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = published(traderKey.jwk);
    const trading = await scene(server);
    expect(await outcome(trading, traderKey)).toBe('token');
    server.answers['/jwks'] = status(500);
    trading.now += 3599;
    expect(await outcome(trading, traderKey)).toBe('token');
    expect(await outcome(trading, thiefKey, { kid: 'new' })).toBe('assertion_signature');
    trading.now += 1;
    expect(await outcome(trading, traderKey)).toBe('client_keys_unavailable');
  });
});

describe('MTLS-2.2-01 certificates by jwks_uri', () => {
  const SELF_SIGNED = { token_endpoint_auth_method: 'self_signed_tls_client_auth' };

  function certificateKey(pem: string, other?: string) {
    const { publicKey } = new X509Certificate(other ?? pem);
    return { ...publicKey.export({ format: 'jwk' }), x5c: [new X509Certificate(pem).raw.toString('base64')] };
  }

  async function presented(trading: Scene, pem: string): Promise<unknown> {
    const nonce = await trading.nonce();
    const { body } = await trading.send({
      form: { client_id: 'trader' },
      certificate: new X509Certificate(pem).raw,
      certificateTrusted: false,
      proof: proof({ payload: { nonce } }),
    });
    return 'access_token' in body ? 'token' : body['code'];
  }

  it('the very one that is published is accepted, and a new one once the cooldown is over', async () => {
    await using server = await serveIssuer(certificates, []);
    const { expiredSelfSigned: mine, other } = certificates;
    server.answers['/jwks'] = published(certificateKey(mine.certificate));
    const trading = await scene(server, SELF_SIGNED);
    expect(await presented(trading, mine.certificate)).toBe('token');
    expect(await presented(trading, other.certificate)).toBe('client_certificate_mismatch');
    server.answers['/jwks'] = published(certificateKey(other.certificate));
    trading.now += 30;
    expect(await presented(trading, other.certificate)).toBe('token');
    expect(await presented(trading, mine.certificate)).toBe('client_certificate_mismatch');
    expect(server.asked).toHaveLength(2);
  });

  it('MTLS-2.2.2-01 one that stands around another key is none', async () => {
    await using server = await serveIssuer(certificates, []);
    const { mine, other } = certificates;
    server.answers['/jwks'] = published(certificateKey(mine.certificate, other.certificate), {
      ...traderKey.jwk,
      x5c: ['AAAA'],
    });
    expect(await presented(await scene(server, SELF_SIGNED), mine.certificate)).toBe('client_certificate_mismatch');
  });

  it('that cannot be fetched let nobody in', async () => {
    await using server = await serveIssuer(certificates, []);
    server.answers['/jwks'] = status(500);
    const trading = await scene(server, SELF_SIGNED);
    expect(await presented(trading, certificates.mine.certificate)).toBe('client_keys_unavailable');
  });
});
