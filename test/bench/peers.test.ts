import { randomUUID } from 'node:crypto';
import { ath, type HttpMessage } from '@holdfast/proof';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { allCases } from '../../bench/micro/cases/all.ts';
import { type DpopPeer, type Peer, peerCase } from '../../bench/micro/cases/peers/peer.ts';
import { ED25519, HMAC, openReference } from '../../bench/micro/cases/peers/references.ts';
import { VERIFIERS } from '../../bench/micro/cases/peers/verifiers.ts';
import { TESTED, type TestedCheck } from '../../bench/peers/facts.ts';
import { allPeers } from '../../bench/peers/peers.ts';
import { dpopRequest, METHOD, TARGET, URL_CALLED } from '../../bench/scene/request.ts';
import { openScene, type Scene } from '../../bench/scene/scene.ts';
import { createScenes } from '../../bench/scene/scenes.ts';

describe('the facts about the peers', () => {
  const cases = allCases(createScenes());

  it('name cases that exist', () => {
    const names = new Set(cases.map(({ name }) => name));
    const named = allPeers().flatMap((peer) => peer.cases);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });

  it('are there for every case that measures a peer', () => {
    const named = new Set(allPeers().flatMap((peer) => peer.cases));
    const peers = cases.filter(({ group }) => group === 'peer').map(({ name }) => name);
    expect(peers.filter((name) => !named.has(name))).toEqual([]);
    expect(peers.length).toBeGreaterThan(10);
  });

  it('are of installed versions, but for practices', () => {
    const without = allPeers().filter(({ version }) => version === undefined);
    expect(new Set(without.map(({ role }) => role))).toEqual(new Set(['reference']));
  });

  it('are there once for each verifier that is driven', () => {
    const verifying = allPeers().filter(({ role }) => role === 'verifies');
    expect(verifying.map(({ name }) => name)).toEqual(VERIFIERS.map(({ name }) => name));
  });
});

/** A request that our verifier refuses for the check that it is listed under, and that is good otherwise. */
const HOSTILE: Readonly<Record<TestedCheck, (sender: Sender) => Promise<HttpMessage>>> = {
  replay: (sender) => sender.usedBefore(),
  nonce: (sender) => sender.request({ claims: { nonce: undefined } }),
  freshness: (sender) => sender.request({ claims: { nonce: undefined, iat: now() - 3600 } }),
  'several cnf members': (sender) => sender.request({ cnf: { jkt: sender.jkt, 'x5t#S256': OTHER } }),
  'unknown cnf members': (sender) => sender.request({ cnf: { jkt: sender.jkt, other: OTHER } }),
  certificate: (sender) => sender.bearer({ 'x5t#S256': OTHER }),
  'unbound tokens': (sender) => sender.bearer({}),
  origin: (sender) => sender.request({ claims: { htu: `https://other.example${TARGET}` }, host: 'other.example' }),
  'letter case of htm': (sender) => sender.request({ claims: { htm: METHOD.toLowerCase() } }),
  ath: (sender) => sender.request({ claims: { ath: undefined } }),
  'private key in jwk': (sender) => sender.request({ header: { jwk: sender.privateJwk } }),
  algorithms: (sender) => sender.es384(),
  'second Authorization': async (sender) => withField(await sender.request(), 'Authorization', 'Bearer other'),
  'second DPoP': async (sender) => {
    const message = await sender.request();
    return withField(message, 'DPoP', message.headers.at(-1) ?? '');
  },
  'token in the query': async (sender) => ({ ...(await sender.request()), target: `${TARGET}?access_token=other` }),
};

describe.each([{ name: 'ours', open: openOurs }, ...VERIFIERS])('$name', ({ name, open }) => {
  let peer: DpopPeer;
  let sender: Sender;
  const facts = allPeers().find((each) => each.role === 'verifies' && each.name === name);

  beforeAll(async () => {
    peer = await open(await scene());
    sender = await createSender(peer);
  }, 30_000); // some take seconds to load

  it('accepts a good request', async () => {
    expect(await isAccepted(peer, await sender.request())).toBe(true);
  });

  it('accepts what it is said to leave out, and refuses the rest', async () => {
    const claimed = facts?.leavesOut.map((sentence) => sentence.split(':')[0] ?? '') ?? [];
    const accepted: string[] = [];
    for (const check of TESTED) if (await isAccepted(peer, await HOSTILE[check](sender))) accepted.push(check);
    expect(accepted).toEqual(TESTED.filter((check) => claimed.includes(check)));
  });
});

describe('a case that measures a peer', () => {
  it('does not begin with one that accepts an altered signature', async () => {
    const peer = { ...(await openReference(HMAC)), check: async () => undefined };
    const measured = peerCase({ name: 'careless', group: 'peer' }, 1, async () => peer);
    await expect(measured.open()).rejects.toThrow('careless: accepts a signature that does not verify');
  });

  it('does not begin with one that refuses a good request', async () => {
    const peer = { ...(await openReference(HMAC)), check: () => Promise.reject(new Error('refused')) };
    await expect(peerCase({ name: 'strict', group: 'peer' }, 1, async () => peer).open()).rejects.toThrow('refused');
  });
});

describe.each([
  ['API key with HMAC-SHA256', HMAC],
  ['API key with Ed25519', ED25519],
])('%s', (name, scheme) => {
  it('accepts a request again, as is said of it', async () => {
    const { leavesOut } = allPeers().find((each) => each.name === name) ?? { leavesOut: [] };
    expect(leavesOut.some((sentence) => sentence.startsWith('replay:'))).toBe(true);
    const peer = await openReference(scheme);
    const [message] = await peer.messages(1);
    if (message === undefined) throw new Error('no request');
    expect([await isAccepted(peer, message), await isAccepted(peer, message)]).toEqual([true, true]);
  });
});

const OTHER = 'A'.repeat(43);
const now = () => Math.floor(Date.now() / 1000);

let opened: Promise<Scene> | undefined;
/** One for all: the same requests. */
function scene(): Promise<Scene> {
  opened ??= openScene({ clients: 2, settings: { algorithms: ['ES256'] } });
  return opened;
}

async function openOurs({ issuer, requests, nonce, verifier }: Scene): Promise<DpopPeer<HttpMessage>> {
  const receive = (message: HttpMessage) => message;
  return { token: issuer.token, messages: requests, nonce, receive, check: (message) => verifier.verify(message) };
}

async function isAccepted(peer: Peer, message: HttpMessage): Promise<boolean> {
  const input = await peer.receive(message);
  const [outcome] = await Promise.allSettled([peer.check(input)]);
  return outcome.status === 'fulfilled';
}

interface Otherwise {
  readonly claims?: JWTPayload;
  readonly header?: { readonly jwk: JWK };
  readonly cnf?: object;
  readonly host?: string;
  readonly key?: Key;
}

interface Key {
  readonly alg: string;
  readonly jwk: JWK;
  readonly jkt: string;
  readonly privateKey: CryptoKey;
}

/** Signs by hand, so that a request can be wrong in one thing. */
interface Sender {
  readonly jkt: string;
  readonly privateJwk: JWK;
  request(otherwise?: Otherwise): Promise<HttpMessage>;
  es384(): Promise<HttpMessage>;
  bearer(cnf: object): Promise<HttpMessage>;
  usedBefore(): Promise<HttpMessage>;
}

async function createSender(peer: DpopPeer): Promise<Sender> {
  const own = await createKey('ES256');

  async function request({ claims, header, host, key = own, cnf = { jkt: key.jkt } }: Otherwise = {}) {
    const token = await peer.token(cnf);
    const nonce = await peer.nonce(async () => dpopRequest(token, await signProof(token, key)));
    const message = dpopRequest(token, await signProof(token, key, { nonce, ...claims }, header));
    return host === undefined ? message : withField(message, 'Host', host);
  }

  return {
    jkt: own.jkt,
    privateJwk: await exportJWK(own.privateKey),
    request,
    es384: async () => request({ key: await createKey('ES384') }),
    async bearer(cnf) {
      const { headers, ...message } = dpopRequest(await peer.token(cnf), '');
      return { ...message, headers: headers.slice(0, -2).map((text) => text.replace(/^DPoP /, 'Bearer ')) };
    },
    async usedBefore() {
      const message = await request();
      await peer.check(await peer.receive(message));
      return message;
    },
  };
}

async function createKey(alg: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { alg, jwk, jkt: await calculateJwkThumbprint(jwk), privateKey };
}

/** Good, but for what is said otherwise. */
function signProof(token: string, { alg, jwk, privateKey }: Key, claims: JWTPayload = {}, header: object = {}) {
  const bound = { jti: randomUUID(), htm: METHOD, htu: URL_CALLED, iat: now(), ath: ath(token) };
  return new SignJWT({ ...bound, ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header })
    .sign(privateKey);
}

/** Host, of which there is one, is replaced; any other field is added. */
function withField(message: HttpMessage, name: string, value: string): HttpMessage {
  const headers = [...message.headers];
  const at = name === 'Host' ? headers.indexOf(name) : -1;
  if (at === -1) headers.push(name, value);
  else headers[at + 1] = value;
  return { ...message, headers };
}
