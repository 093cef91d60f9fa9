import {
  ath,
  checkResponseSignature,
  generateKey,
  importKey,
  importPublicJwk,
  type JsonObject,
  matchResponseContent,
  type PublicJwk,
  type SignedRequest,
  signRequest,
  verifyResponseSignature,
} from '@holdfast/proof';
import { createVenue } from '@holdfast/venue';
import { describe, expect, it } from 'vitest';
import { ORIGIN, Scene } from './scene.ts';

/*
 * The whole way, by our own client functions: an order that is signed, its answer that is signed, under keys that each side
 * has from the other.
 */

const scene = new Scene({ metadata: {}, responseSigning: { key: await generateKey() } });
const key = await importKey(scene.client.privateJwk);

const ORDER = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 100, price: '10.00' };

async function open(signatures?: 'required' | 'evidence') {
  const app = createVenue({ verifier: scene.verifier, ...(signatures === undefined ? {} : { signatures }) });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const send = async ({ method, targetUri, headers }: SignedRequest, body?: string) => {
    const pairs = headers.flatMap((name, at) =>
      at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as [string, string]] : [],
    );
    const content = body === undefined ? {} : { body };
    return await fetch(targetUri.replace(ORIGIN, url), { method, headers: pairs, ...content });
  };
  return { url, send, [Symbol.asyncDispose]: () => app.close() };
}

/** A request as a client of ours makes it. */
async function made(
  method: string,
  path: string,
  { body, signed, evidence = false }: { body?: string; signed: boolean; evidence?: boolean },
): Promise<SignedRequest> {
  const token = scene.token();
  const proof = await scene.proof(token, { payload: { htm: method, htu: ORIGIN + path } });
  const type = body === undefined ? [] : ['Content-Type', 'application/json'];
  const headers = ['Authorization', `DPoP ${token}`, 'DPoP', proof, ...type];
  const request = { method, targetUri: ORIGIN + path, headers };
  if (!signed) return request;
  const proofOfIt = evidence ? { evidence: { ath: ath(token) } } : {};
  const fields = await signRequest({ ...request, content: body }, { key, created: scene.now, ...proofOfIt });
  return { ...request, headers: [...headers, ...Object.entries(fields).flat()] };
}

describe('a venue that wants signatures', () => {
  it('FAPISIG-5.3.2.2-01 FAPISIG-5.3.1.1-01 serves signed orders, and its answers verify under the key that it publishes', async () => {
    await using venue = await open('required');
    const body = JSON.stringify(ORDER);
    const request = await made('POST', '/orders', { body, signed: true });
    const response = await venue.send(request, body);
    const content = Buffer.from(await response.arrayBuffer());

    const get = async (url: string) => (await (await fetch(url.replace(ORIGIN, venue.url))).json()) as JsonObject;
    const { jwks_uri: uri } = await get(`${ORIGIN}/.well-known/oauth-protected-resource`);
    const [{ kid, ...jwk } = { kid: '' }] = (await get(String(uri)))['keys'] as (PublicJwk & { kid: string })[];
    const published = { alg: 'ES256', key: importPublicJwk(jwk as PublicJwk), keyids: [kid] } as const;

    const received = { status: response.status, headers: [...response.headers].flat() };
    const checked = checkResponseSignature(received, request, { now: scene.now });
    matchResponseContent(verifyResponseSignature(checked, published), content);
    expect([response.status, JSON.parse(content.toString())]).toEqual([
      201,
      expect.objectContaining({ quantity: 100 }),
    ]);
  });

  it('FAPISIG-5.3.1.2-03 refuses unsigned orders, amendments and cancellations, and serves whoever only reads', async () => {
    await using venue = await open('required');
    for (const [method, path, body] of [
      ['POST', '/orders', JSON.stringify(ORDER)],
      ['PATCH', '/orders/1', '{"quantity":900}'],
      ['DELETE', '/orders/1', undefined],
    ] as const) {
      const content = body === undefined ? {} : { body };
      const response = await venue.send(await made(method, path, { ...content, signed: false }), body);
      expect([method, response.status]).toEqual([method, 401]);
      const signed = await venue.send(await made(method, path, { ...content, signed: true }), body);
      expect([method, signed.status]).toEqual([method, method === 'POST' ? 201 : expect.any(Number)]);
      expect(signed.status).not.toBe(401);
    }
    const listed = await venue.send(await made('GET', '/orders', { signed: false }));
    expect(listed.status).toBe(200);
  });

  it('SIG-7.2.8-01 takes no order that was changed on its way', async () => {
    await using venue = await open('required');
    const body = JSON.stringify(ORDER);
    const request = await made('POST', '/orders', { body, signed: true });
    const response = await venue.send(request, body.replace('100', '900'));
    expect([response.status, await response.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'digest_mismatch' }),
    ]);
    const listed = await venue.send(await made('GET', '/orders', { signed: false }));
    expect(await listed.text()).not.toContain('900');
  });

  it('takes evidence where it wants that, and none that lacks it', async () => {
    await using venue = await open('evidence');
    const body = JSON.stringify(ORDER);
    const send = async (evidence: boolean) =>
      (await venue.send(await made('POST', '/orders', { body, signed: true, evidence }), body)).status;
    expect([await send(true), await send(false)]).toEqual([201, 401]);
  });

  it('wants none unless it was told to', async () => {
    await using venue = await open();
    const body = JSON.stringify(ORDER);
    expect((await venue.send(await made('POST', '/orders', { body, signed: false }), body)).status).toBe(201);
  });
});
