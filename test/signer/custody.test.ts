import { KeyObject } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { createProofPool, createSigner, generateKey, importKey, PROOFS, type ProofKey } from '@holdfast/signer';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';

const url = 'https://venue.example/orders';
const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
const nonce = 'eyJ7S_zG.eyJH0-Z.HX4w-7v';
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** Everything that properties lead to, hidden and inherited ones and those of functions included. */
function reachable(from: unknown, found = new Set<unknown>()): Set<unknown> {
  if (found.has(from)) return found;
  found.add(from);
  if ((typeof from !== 'object' && typeof from !== 'function') || from === null) return found;
  for (const name of Reflect.ownKeys(from)) {
    const { value, get } = Object.getOwnPropertyDescriptor(from, name) ?? {};
    reachable(value, found);
    reachable(get, found);
  }
  const above: unknown = Object.getPrototypeOf(from);
  return above === Object.prototype || above === Function.prototype ? found : reachable(above, found);
}

const isSecret = (value: unknown) =>
  value instanceof KeyObject ||
  value instanceof CryptoKey ||
  (typeof value === 'object' && value !== null && PRIVATE.some((member) => member in value));

/** How the thing looks in a log, in a message to another thread, and in whatever walks through it. */
function expectNothingSecret(thing: object): void {
  expect([...reachable(thing)].filter(isSecret)).toEqual([]);
  expect(inspect(thing, { depth: 20, showHidden: true, getters: true })).not.toMatch(/private|PRIVATE|KeyObject/);
  expect(Object.keys(JSON.parse(JSON.stringify(thing)))).not.toEqual(expect.arrayContaining(['sign', 'key']));
  expect(() => structuredClone(thing)).toThrow(/could not be cloned/);
}

async function recorded(work: () => Promise<unknown>): Promise<unknown[]> {
  const records: unknown[] = [];
  const listen = (record: unknown) => void records.push(record);
  subscribe(PROOFS, listen);
  try {
    await work();
  } finally {
    unsubscribe(PROOFS, listen);
  }
  return records;
}

/** Signs in no time, and counts. */
function countingKey(key: ProofKey): { key: ProofKey; signed: () => number } {
  let signed = 0;
  const sign = () => {
    signed += 1;
    return new Uint8Array(64);
  };
  return { key: { ...key, sign }, signed: () => signed };
}

describe('C096 the private half of a key', () => {
  it.each(['ES256', 'Ed25519', 'PS256'] as const)(
    'of a generated %s key is behind sign and nowhere else',
    async (alg) => {
      const key = await generateKey(alg);
      expectNothingSecret(key);
      expectNothingSecret(createSigner({ key }));
      expect(Object.keys(key).sort()).toEqual(['alg', 'jkt', 'publicJwk', 'sign']);
      expect(Object.keys(key.publicJwk).filter((member) => PRIVATE.includes(member))).toEqual([]);
    },
  );

  it('of an imported key is behind sign and nowhere else, whatever it was imported from', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)) };
    for (const source of [jwk, privateKey, KeyObject.from(privateKey)]) {
      const key = await importKey(source);
      expectNothingSecret(key);
      expect([...reachable(createSigner({ key }))].filter((value) => value === jwk.d)).toEqual([]);
    }
  });
});

describe('C096 what a key signs', () => {
  it('is told on a channel: for which request, and nothing that would make it', async () => {
    const key = await generateKey();
    const signer = createSigner({ key });
    const proofs: string[] = [];
    const records = await recorded(async () => {
      proofs.push(await signer.proof({ method: 'POST', url: `${url}?limit=5`, accessToken, nonce }));
      proofs.push(await signer.proof({ method: 'GET', url }));
    });
    expect(records).toEqual([
      { jkt: key.jkt, htm: 'POST', htu: url, hasToken: true, hasNonce: true },
      { jkt: key.jkt, htm: 'GET', htu: url, hasToken: false, hasNonce: false },
    ]);
    for (const secret of [accessToken, nonce, ...proofs]) expect(inspect(records)).not.toContain(secret);
  });

  it('is told before it is signed, and what is not signed is not told', async () => {
    const { key, signed } = countingKey(await generateKey());
    const before: number[] = [];
    const listen = () => void before.push(signed());
    subscribe(PROOFS, listen);
    const signer = createSigner({ key, clock: () => 0, mostPerSecond: 1 });
    await expect(signer.proof({ method: 'GET', url: 'http://venue.example/' })).rejects.toThrow();
    await signer.proof({ method: 'GET', url });
    await expect(signer.proof({ method: 'GET', url })).rejects.toThrow();
    unsubscribe(PROOFS, listen);
    expect(before).toEqual([0]);
  });

  it('is told of what is signed in advance', async () => {
    const signer = createSigner({ key: await generateKey() });
    const pool = createProofPool({ signer, requests: [{ method: 'POST', url }], size: 2 });
    const records = await recorded(async () => {
      pool.take({ method: 'POST', url, accessToken, nonce });
      await new Promise(setImmediate);
    });
    pool.close();
    expect(records).toHaveLength(2);
  });
});

describe('C096 how much a key signs', () => {
  it('is bounded for each second of the clock', async () => {
    let now = 1_790_000_000_000;
    const { key, signed } = countingKey(await generateKey());
    const signer = createSigner({ key, clock: () => now, mostPerSecond: 5 });
    const prove = () => signer.proof({ method: 'GET', url, accessToken });
    const upTo = async (count: number) => {
      for (let i = 0; i < count; i += 1) await prove();
      const refusal: unknown = await prove().catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ code: 'signing_rate_exceeded', status: 0 });
      expect(inspect(refusal)).not.toContain(accessToken);
    };
    await upTo(5);
    now += 199;
    await upTo(0);
    now += 1;
    await upTo(1);
    now += 3_600_000;
    await upTo(5);
    now -= 3_600_000; // set back
    await upTo(0);
    now += 400;
    await upTo(2);
    expect(signed()).toBe(13);
  });

  it('is bounded to 20 000 a second unless it is said otherwise', async () => {
    const { key, signed } = countingKey(await generateKey());
    const signer = createSigner({ key, clock: () => 1_790_000_000_000 });
    for (let i = 0; i < 20_000; i += 1) await signer.proof({ method: 'GET', url });
    await expect(signer.proof({ method: 'GET', url })).rejects.toMatchObject({ code: 'signing_rate_exceeded' });
    expect(signed()).toBe(20_000);
  });

  it('is nothing while the clock gives no number', async () => {
    const { key, signed } = countingKey(await generateKey());
    let now = Number.NaN;
    const signer = createSigner({ key, clock: () => now, mostPerSecond: 1 });
    await expect(signer.proof({ method: 'GET', url })).rejects.toThrow('clock');
    now = 1_790_000_000_000;
    await signer.proof({ method: 'GET', url });
    await expect(signer.proof({ method: 'GET', url })).rejects.toMatchObject({ code: 'signing_rate_exceeded' });
    expect(signed()).toBe(1);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('is not bounded by %d', async (mostPerSecond) => {
    const key = await generateKey();
    expect(() => createSigner({ key, mostPerSecond })).toThrow(TypeError);
  });
});
