import { generateKey, type HttpMessage } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { signed } from './sign-by-hand.ts';
import { SIGNING_ADAPTERS, send, serveSigned } from './signing-servers.ts';
import { judgeAnswer } from './verify-by-hand.ts';

const BODY = '{"side":"buy","quantity":100}';
const key = await generateKey();
const scene = new Scene({ metadata: {}, responseSigning: { key } });
const optional = { signature: 'optional' } as const;

const plain = () => scene.message({ method: 'POST', target: '/signed', fields: ['Content-Type', 'application/json'] });
const signing = async () =>
  signed(
    await plain(),
    { privateKey: scene.client.privateKey, keyid: scene.client.jkt },
    { created: scene.now, body: BODY },
  );
const without = (name: string, { headers, ...message }: HttpMessage): HttpMessage => ({
  ...message,
  headers: headers.filter((_, i) => headers[i - (i % 2)]?.toLowerCase() !== name),
});

describe.each(SIGNING_ADAPTERS)('signature: optional, behind %s', (adapter) => {
  it('FAPISIG-5.3.2.1-01 a request that is signed is verified with its body, and its answer is signed', async () => {
    await using server = await serveSigned(adapter, scene.verifier, optional);
    const request = await signing();
    const answer = await send(server.port, request, BODY);
    expect([answer.status, server.seen]).toEqual([200, [BODY]]);
    expect(judgeAnswer(answer, request, key.publicJwk)).toMatchObject({ isGood: true, isWhole: true });
  });

  it('FAPISIG-5.3.1.2-02 SIG-7.2.8-01 one whose body was changed is refused, and so is one whose signature is', async () => {
    await using server = await serveSigned(adapter, scene.verifier, optional);
    expect((await send(server.port, await signing(), BODY.replace('100', '900'))).status).toBe(401);
    const request = await signing();
    const headers = request.headers.map((value) =>
      value.replace(/^sig1?=:.{6}/, (begin) => `${begin.slice(0, -6)}AAAAAA`),
    );
    expect((await send(server.port, { ...request, headers }, BODY)).status).toBe(401);
    expect(server.seen).toEqual([]);
  });

  it.each(['signature', 'signature-input'])('SIG-3.2-01 one that lost its %s is refused', async (name) => {
    await using server = await serveSigned(adapter, scene.verifier, optional);
    expect((await send(server.port, without(name, await signing()), BODY)).status).toBe(401);
    expect(server.seen).toEqual([]);
  });

  it('one that is not signed is let in, and its answer is not signed', async () => {
    await using server = await serveSigned(adapter, scene.verifier, optional);
    const answer = await send(server.port, await plain(), BODY);
    expect(answer.status).toBe(200);
    expect(answer.headers['signature']).toBeUndefined();
  });
});

it('signature: optional explains the signature of a request that has one', async () => {
  const requirement = { scope: [], signature: 'optional' } as const;
  const of = async (message: HttpMessage) =>
    (await scene.verifier.explain(message, requirement)).filter(({ section }) => /Signatures|9421/.test(section))
      .length;
  expect(await of(await signing())).toBe(2);
  expect(await of(await plain())).toBe(0);
});
