import { generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import {
  algorithms,
  ath,
  checkEvidenceSignature,
  checkRequestSignature,
  checkResponseSignature,
  generateKey,
  matchContent,
  matchResponseContent,
  type SignedRequest,
  type SignedResponse,
  seconds,
  signRequest,
  signResponse,
  verifyEvidenceSignature,
  verifyRequestSignature,
  verifyResponseSignature,
} from '@holdfast/proof';
import { TARGET } from '../../scene/request.ts';
import type { Scene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { content, type Order, orders, received, signed, signingOf, verificationKey } from '../../scene/signed-order.ts';
import { moreThan } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { at } from './signed-pool.ts';
import { VERIFY } from './verify.ts';

const RAW_SIGN = 'raw sign + SHA-256 of 1 KB';
const RAW_VERIFY = 'raw verify + SHA-256 of 1 KB';

/** Message signatures (RFC 9421) over an order of 1 KB with its proof, and over its answer, all by ES256. */
export function messageCases(scenes: Scenes): Case[] {
  const opening = (prepare: (scene: Scene) => Prepare | Promise<Prepare>) => async () => prepare(await scenes.es256());
  const message = { group: 'message', alg: 'ES256' } as const;
  const more = { ...message, onlyFull: true } as const; // held to nothing
  return [
    { name: RAW_SIGN, ...message, open: opening(rawSigning) },
    { name: 'sign an order of 1 KB', ...message, bars: [moreThan([RAW_SIGN], 25)], open: opening(signing(false)) },
    {
      name: 'sign an order of 1 KB, with evidence',
      ...more,
      bars: [moreThan([RAW_SIGN, 'raw sign ES256'])],
      open: opening(signing(true)),
    },
    { name: 'sign an answer of 1 KB', ...more, bars: [moreThan([RAW_SIGN])], open: opening(answering) },
    { name: RAW_VERIFY, ...message, open: opening(rawVerifying) },
    {
      name: 'check a signed order of 1 KB',
      ...message,
      bars: [moreThan([RAW_VERIFY], 25)],
      open: opening(checking(false)),
    },
    {
      name: 'check a signed order of 1 KB, with evidence',
      ...more,
      bars: [moreThan([RAW_VERIFY, 'raw ES256'])],
      open: opening(checking(true)),
    },
    {
      name: 'check a signed answer of 1 KB',
      ...more,
      bars: [moreThan([RAW_VERIFY])],
      open: opening(checkingAnswers),
    },
    {
      name: 'verify ES256 with a signed order of 1 KB',
      ...message,
      bars: [moreThan([VERIFY]), moreThan([VERIFY, RAW_VERIFY])],
      open: opening(verifying),
    },
  ];
}

const POOL = 300; // of raw inputs, which may go round: nothing remembers them

const { digest, options } = algorithms.ES256;

async function rawSigning(scene: Scene): Promise<Prepare> {
  const inputs = await rawInputs(scene);
  const key = { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, ...options };
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { base, body } = at(inputs, i);
      hash('sha256', body, 'base64');
      sign(digest, base, key);
    }
  };
}

async function rawVerifying(scene: Scene): Promise<Prepare> {
  const inputs = await rawInputs(scene);
  return (count) => () => {
    for (let i = 0; i < count; i += 1) {
      const { base, body, key, signature } = at(inputs, i);
      hash('sha256', body, 'base64');
      if (!verify(digest, base, key, signature)) throw new Error('a good signature does not verify');
    }
  };
}

/** What a signature of an order is over, and the octets of its body. */
async function rawInputs(scene: Scene) {
  const some = await Promise.all((await orders(scene, POOL)).map((order) => signed(order)));
  return some.map(({ client, request, content: body }) => {
    const { base, signature } = checkRequestSignature(request, { now: seconds(Date.now) });
    const key = { key: verificationKey(client.key).key, ...options };
    return { base: Buffer.from(base, 'latin1'), signature, body, key };
  });
}

const signing = (withEvidence: boolean) => (scene: Scene) => async (count: number) => {
  const fresh = (await orders(scene, count)).map((order) => ({
    request: { ...order.request, content: order.content },
    how: signingOf(order, withEvidence),
  }));
  return async () => {
    for (const { request, how } of fresh) await signRequest(request, how);
  };
};

async function answering(scene: Scene): Promise<Prepare> {
  const key = await generateKey('ES256');
  return async (count) => {
    const answers = (await signedOrders(scene, count)).map(({ request }, i) => ({ request, content: content(i) }));
    const how = { key, created: seconds(Date.now) };
    return async () => {
      for (const { request, content } of answers) await signResponse({ status: 201, content }, request, how);
    };
  };
}

/** With the keys of the clients imported, as a verifier has them that was here before. */
const checking = (withEvidence: boolean) => (scene: Scene) => {
  const keys = new Map(scene.clients.map((client) => [client, verificationKey(client.key)]));
  return async (count: number) => {
    const now = seconds(Date.now);
    const fresh = (await signedOrders(scene, count, withEvidence)).map((order) => ({
      ...order,
      key: keys.get(order.client) as ReturnType<typeof verificationKey>,
      ath: ath(order.client.token),
    }));
    return () => {
      for (const { request, content: body, key, ath } of fresh) {
        matchContent(verifyRequestSignature(checkRequestSignature(request, { now }), key), body);
        if (withEvidence) verifyEvidenceSignature(checkEvidenceSignature(request, { now, ath }), key);
      }
    };
  };
};

async function checkingAnswers(scene: Scene): Promise<Prepare> {
  const key = await generateKey('ES256');
  const publicKey = verificationKey(key);
  return async (count) => {
    const now = seconds(Date.now);
    const answers: { request: SignedRequest; response: SignedResponse; body: Buffer }[] = [];
    for (const [i, { request }] of (await signedOrders(scene, count)).entries()) {
      const body = content(i);
      const fields = await signResponse({ status: 201, content: body }, request, { key, created: now });
      answers.push({ request, response: { status: 201, headers: received(fields) }, body });
    }
    return () => {
      for (const { request, response, body } of answers) {
        const checked = checkResponseSignature(response, request, { now });
        matchResponseContent(verifyResponseSignature(checked, publicKey), body);
      }
    };
  };
}

/** The whole of `verify`, and the body. */
const verifying = (scene: Scene) => async (count: number) => {
  const fresh = (await signedOrders(scene, count)).map(({ request: { method, headers }, content: body }) => ({
    message: { method, target: TARGET, headers },
    body,
  }));
  return async () => {
    for (const { message, body } of fresh) {
      scene.verifier.checkContent(await scene.verifier.verify(message, { signature: 'required' }), body);
    }
  };
};

async function signedOrders(scene: Scene, count: number, withEvidence = false): Promise<Order[]> {
  const made: Order[] = [];
  for (const order of await orders(scene, count)) made.push(await signed(order, withEvidence));
  return made;
}
