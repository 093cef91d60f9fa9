import { type HoldfastError, STATUS } from '@holdfast/proof';
import { createVerifier, type VerifierOptions } from '@holdfast/verifier';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { breakSignature, makeKey, published } from './forge.ts';
import { IntrospectionScene } from './introspection-scene.ts';
import { json, METADATA, serveIssuer, status } from './issuer-server.ts';
import { AUDIENCE, boundTo, ISSUER, ORIGIN, Scene } from './scene.ts';
import { LIST, StatusScene, text } from './status-scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

describe('the option status', () => {
  it('optional, by default: a token that refers to no list is accepted', async () => {
    await using scene = await StatusScene.open(certificates);
    for (const claim of [undefined, {}, { other: { uri: 'https://localhost/' } }]) {
      expect(await scene.outcome(scene.at(5, { status: claim }))).toBe('accepted');
    }
    expect(scene.asked).toBe(0);
  });

  it('TSL-8.3-06 required: a token that refers to no list is refused', async () => {
    await using scene = await StatusScene.open(certificates, { status: 'required' });
    expect(await scene.outcome(scene.at(5))).toBe('accepted');
    for (const claim of [undefined, {}, { other: {} }]) {
      const refusal = await scene.refusal(scene.at(5, { status: claim }));
      expect(refusal).toMatchObject({ code: 'token_claims', status: 401, detail: 'status' });
    }
  });

  it('required: not of an opaque token, of which the issuer was asked', async () => {
    await using scene = await IntrospectionScene.open(certificates, {}, { status: 'required' });
    await scene.send(scene.byCertificate());
  });

  it('off: nobody asks for a list', async () => {
    await using scene = await StatusScene.open(certificates, { status: 'off' });
    scene.statuses = { 5: STATUS.invalid };
    expect(await scene.outcome(scene.at(5))).toBe('accepted');
    expect(scene.asked).toBe(0);
  });

  it.each([
    ['status', 'never'],
    ['status', true],
    ['status', null],
    ['statusMaxAge', 0],
    ['statusMaxAge', -1],
    ['statusMaxAge', 0.5],
    ['statusMaxAge', Number.NaN],
    ['statusMaxAge', Number.POSITIVE_INFINITY],
    ['statusMaxAge', '60'],
    ['statusLists', ''],
    ['statusLists', 'issuer.example'],
    ['statusLists', 'http://issuer.example'],
    ['statusLists', 'https://issuer.example/?a'],
    ['statusLists', 'https://issuer.example/#a'],
    ['statusLists', 'https://user@issuer.example/'],
  ])('%s = %j stops the start', (name, value) => {
    expect(() => create({ [name]: value })).toThrow(TypeError);
  });

  it('places of lists come with each issuer where there are several', () => {
    const jwks = { keys: [] };
    const one = (statusLists: unknown) => create({ issuer: [{ issuer: ISSUER, jwks, statusLists }], jwks: undefined });
    expect(() => one('https://lists.example/')).not.toThrow();
    expect(() => one('http://lists.example/')).toThrow(TypeError);
    const beside = { issuer: [{ issuer: ISSUER, jwks }], jwks: undefined, statusLists: 'https://lists.example/' };
    expect(() => create(beside)).toThrow(TypeError);
  });
});

function create(options: Record<string, unknown>): unknown {
  const common = { issuer: ISSUER, audience: AUDIENCE, origin: ORIGIN, jwks: { keys: [] } };
  return createVerifier({ ...common, ...options } as unknown as VerifierOptions);
}

describe('where the lists of an issuer are', () => {
  it('TSL-8.3-06 on its own origin, wherever else its tokens point', async () => {
    await using scene = await StatusScene.open(certificates);
    await using other = await serveIssuer(certificates, []);
    const { issuer } = scene.server;
    for (const uri of [
      other.issuer + LIST,
      issuer.replace('localhost', '127.0.0.1') + LIST,
      issuer.replace(/:\d+$/, '') + LIST,
      `${issuer}0${LIST}`,
      `${issuer}.other.example${LIST}`,
    ]) {
      const refusal = await scene.refusal(scene.at(5, {}, uri));
      expect(refusal).toMatchObject({ code: 'token_claims', status: 401, detail: 'status_list.uri' });
    }
    expect([other.asked, scene.server.asked]).toEqual([[], [METADATA, '/jwks']]);
  });

  it('TSL-8.3-06 below the prefix that is configured, and nowhere else', async () => {
    await using lists = await serveIssuer(certificates, []);
    const scene = await StatusScene.open(certificates, { statusLists: `${lists.issuer}/tenant` });
    await using _ = scene;
    const uri = `${lists.issuer}/tenant/1`;
    lists.answers['/tenant/1'] = text(scene.list({ payload: { sub: uri } }));
    expect(await scene.outcome(scene.at(5, {}, uri))).toBe('accepted');
    for (const elsewhere of [
      scene.uri,
      `${lists.issuer}/tenants/1`,
      `${lists.issuer}/tenant`,
      `${lists.issuer}/tenant/../1`,
      `${lists.issuer}/tenant/%2e%2e/1`,
    ]) {
      expect(await scene.refusal(scene.at(5, {}, elsewhere))).toMatchObject({ detail: 'status_list.uri' });
    }
    expect(lists.asked).toEqual(['/tenant/1']);
  });

  it('TSL-8.3-06 nowhere, for an issuer that is no https URL', async () => {
    const key = makeKey();
    const scene = new Scene({ issuer: 'urn:issuer', jwks: { keys: [published(key)] } }, { issuer: key });
    const claim = { status_list: { idx: 0, uri: 'https://issuer.example/1' } };
    const refusal = await scene.refusal({ token: { payload: { status: claim } } });
    expect(refusal).toMatchObject({ code: 'token_claims', detail: 'status_list.uri' });
  });

  it('TSL-8.3-02 of several issuers each has its own, also at the same URI', async () => {
    const keys = [makeKey('ES256', 'a'), makeKey('ES256', 'b')] as const;
    await using server = await serveIssuer(certificates, []);
    const issuers = ['a', 'b'].map((name) => `${server.issuer}/${name}`);
    keys.forEach((key, i) => {
      const place = `/${key.kid}`;
      server.answers[METADATA + place] = json({ issuer: issuers[i], jwks_uri: `${server.issuer}${place}/jwks` });
      server.answers[`${place}/jwks`] = json({ keys: [published(key)] });
    });
    const scene = await StatusScene.open(certificates, {
      issuer: issuers.map((issuer) => ({ issuer })),
      fetch: server.fetch,
    });
    await using _ = scene;
    const uri = server.issuer + LIST;
    server.answers[LIST] = text(scene.list({ key: keys[0], payload: { sub: uri } }));
    const attempt = (i: 0 | 1) => {
      const payload = {
        iss: issuers[i],
        status: { status_list: { idx: 5, uri } },
        ...boundTo(Buffer.from('own')).payload,
      };
      return { scheme: 'Bearer', certificate: Buffer.from('own'), token: scene.token({ key: keys[i], payload }) };
    };
    expect(await scene.outcome(attempt(0))).toBe('accepted');
    expect(await scene.outcome(attempt(1))).toBe('issuer_unavailable'); // it is not signed by that one
    expect(await scene.outcome(attempt(0))).toBe('accepted');
  });

  it('TSL-8.3-06 is fetched also where keys were given', async () => {
    const key = makeKey('ES256', 'issuer-1');
    const asked: unknown[] = [];
    const fetch = (async (url: unknown) => {
      asked.push(url);
      return new Response('', { status: 503 });
    }) as typeof globalThis.fetch;
    const scene = new Scene({ jwks: { keys: [published(key)] }, fetch }, { issuer: key });
    const uri = `${ISSUER}/status/1`;
    const refusal: HoldfastError = await scene.refusal({
      token: { payload: { status: { status_list: { idx: 0, uri } } } },
    });
    expect(refusal.code).toBe('issuer_unavailable');
    expect(asked).toEqual([uri]);
  });
});

describe('explain', () => {
  const STATUS_CHECKS = ['status refers to a list of the issuer', 'the status list says that the token is valid'];

  async function explained(scene: StatusScene, attempt: Parameters<StatusScene['message']>[0]) {
    const findings = await scene.verifier.explain(await scene.message(attempt));
    return findings
      .filter(({ check }) => STATUS_CHECKS.includes(check))
      .map(({ section, verdict, code }) => [section, code ?? verdict]);
  }

  it('says what the list says', async () => {
    await using scene = await StatusScene.open(certificates);
    scene.statuses = { 5: STATUS.invalid, 6: STATUS.suspended };
    const place = ['Token Status List §6.2', 'passed'];
    expect(await explained(scene, scene.at(4))).toEqual([place, ['Token Status List §8.3', 'passed']]);
    for (const idx of [5, 6]) {
      expect(await explained(scene, scene.at(idx))).toEqual([place, ['Token Status List §8.3', 'token_revoked']]);
    }
    expect(await explained(scene, scene.at(64))).toEqual([place, ['Token Status List §8.3', 'token_claims']]);
    scene.wait(30);
    scene.server.answers[LIST] = status(500);
    expect(await explained(scene, scene.at(4))).toEqual([place, ['Token Status List §8.3', 'issuer_unavailable']]);
  });

  it('says that a reference is none, or leads elsewhere', async () => {
    await using scene = await StatusScene.open(certificates);
    const refused = [
      ['Token Status List §6.2', 'token_claims'],
      ['Token Status List §8.3', 'unchecked'],
    ];
    expect(await explained(scene, scene.at(-1))).toEqual(refused);
    expect(await explained(scene, scene.at(1, {}, 'https://other.example/1'))).toEqual(refused);
  });

  it('TSL-8.3-01 asks for no list on the word of a stranger, nor for a token that has ended', async () => {
    await using scene = await StatusScene.open(certificates);
    const { token, ...rest } = scene.at(5);
    const checks = [
      ['Token Status List §6.2', 'passed'],
      ['Token Status List §8.3', 'unchecked'],
    ];
    expect(await explained(scene, { token: breakSignature(token), ...rest })).toEqual(checks);
    expect(await explained(scene, scene.at(5, { exp: scene.now }))).toEqual(checks);
    expect(scene.asked).toBe(0);
  });

  it('says nothing of it where the token does not, unless it has to', async () => {
    await using optional = await StatusScene.open(certificates);
    expect(await explained(optional, optional.at(5, { status: undefined }))).toEqual([]);
    await using off = await StatusScene.open(certificates, { status: 'off' });
    expect(await explained(off, off.at(5))).toEqual([]);
    await using required = await StatusScene.open(certificates, { status: 'required' });
    expect(await explained(required, required.at(5, { status: undefined }))).toEqual([
      ['Token Status List §6.2', 'token_claims'],
      ['Token Status List §8.3', 'unchecked'],
    ]);
  });
});
