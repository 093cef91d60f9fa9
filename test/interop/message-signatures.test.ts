import { createPublicKey } from 'node:crypto';
import { generateKey, type HttpMessage, importKey, signRequest } from '@holdfast/proof';
import { createSigner, createVerifier, httpbis, type Request, type Response } from 'http-message-signatures';
import { describe, expect, it } from 'vitest';
import { makeKey } from '../verifier/forge.ts';
import { ORIGIN, Scene } from '../verifier/scene.ts';
import { digestOf } from '../verifier/sign-by-hand.ts';
import { send, serveSigned } from '../verifier/signing-servers.ts';

/*
 * RFC 9421 by other people: http-message-signatures signs orders for our venue, and verifies what we sign.
 */

const BODY = '{"side":"buy","quantity":100}';
const ALGORITHMS = { ES256: 'ecdsa-p256-sha256', Ed25519: 'ed25519' } as const;
type Alg = keyof typeof ALGORITHMS;

const fieldsOf = ({ headers }: Pick<HttpMessage, 'headers'>) =>
  Object.fromEntries(headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : [])));

/** Whether all signatures of a message are good, as they see it. */
async function judge(jwk: object, alg: Alg, message: Request | Response, request?: Request): Promise<boolean | null> {
  const verify = createVerifier(createPublicKey({ key: { ...jwk }, format: 'jwk' }), ALGORITHMS[alg]);
  const options = { keyLookup: async () => ({ algs: [ALGORITHMS[alg]], verify }), all: true };
  return 'status' in message
    ? await httpbis.verifyMessage(options, message, request)
    : await httpbis.verifyMessage(options, message);
}

describe.each(['ES256', 'Ed25519'] as const)('http-message-signatures, in %s', (alg) => {
  it('FAPISIG-5.3.1.2-02, FAPISIG-5.3.2.1-01 signs an order that we serve, and verifies our answer to it', async () => {
    const key = await generateKey(alg);
    const client = makeKey(alg);
    const scene = new Scene({ metadata: {}, responseSigning: { key }, clock: Date.now }, { client });
    scene.clock.now = Date.now();
    await using server = await serveSigned('fastify', scene.verifier);
    const fields = ['Content-Type', 'application/json', 'Content-Digest', digestOf(BODY)];
    const bare = await scene.message({ method: 'POST', target: '/signed?a=%7e', fields });
    const order = await httpbis.signMessage(
      {
        key: createSigner(client.privateKey, ALGORITHMS[alg], client.jkt),
        fields: ['@method', '@target-uri', 'authorization', 'dpop', 'content-digest', 'content-type'],
        params: ['keyid', 'alg', 'created', 'expires', 'tag'],
        paramValues: { tag: 'fapi-2-request' },
      },
      { method: 'POST', url: `${ORIGIN}/signed?a=%7e`, headers: fieldsOf(bare) },
    );
    const sent = { ...bare, headers: Object.entries(order.headers).flat(2) };
    const { status, headers, body } = await send(server.port, sent, BODY);
    expect([status, JSON.parse(body.toString())]).toEqual([200, { got: BODY }]);
    const answer = { status, headers: headers as Record<string, string> };
    expect(await judge(key.publicJwk, alg, answer, order)).toBe(true);
    expect(await judge(key.publicJwk, alg, { ...answer, status: 201 }, order)).toBe(false);
  });

  it('FAPISIG-5.3.1.1-01 verifies an order that we sign, with its evidence', async () => {
    const { privateJwk, publicJwk, jkt } = makeKey(alg);
    const key = await importKey({ ...privateJwk, alg });
    const headers = ['Authorization', 'DPoP a.b.c', 'DPoP', 'x.y.z', 'Content-Type', 'application/json'];
    const request = { method: 'POST', targetUri: `${ORIGIN}/orders?a=%7e`, headers, content: BODY };
    const created = Math.floor(Date.now() / 1000);
    const fields = await signRequest(request, { key, created, keyid: jkt, evidence: { ath: 'its-hash' } });
    const order = { method: 'POST', url: request.targetUri, headers: { ...fieldsOf(request), ...fields } };
    expect(await judge(publicJwk, alg, order)).toBe(true);
    expect(await judge(publicJwk, alg, { ...order, method: 'PUT' })).toBe(false);
  });
});
