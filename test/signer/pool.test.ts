import { spawnSync } from 'node:child_process';
import { inspect } from 'node:util';
import { ath } from '@holdfast/proof';
import { createProofPool, createSigner, generateKey, type ProofRequest, type Signer } from '@holdfast/signer';
import { EmbeddedJWK, jwtVerify } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';

const url = 'https://venue.example/orders';
const order: ProofRequest = { method: 'POST', url, accessToken: 'token-1', nonce: 'nonce-1' };
const requests = [{ method: 'POST', url }];
const key = await generateKey();

const turn = () => new Promise(setImmediate);

/** A signer that counts, and a clock that the test sets. */
function scene(proof?: Signer['proof']) {
  const clock = { now: 1_790_000_000_000 };
  const signer = createSigner({ key, clock: () => clock.now });
  const asked: ProofRequest[] = [];
  const counting = {
    proof(request: ProofRequest) {
      asked.push(request);
      return (proof ?? signer.proof)(request);
    },
  };
  return { clock, asked, pooled: { signer: counting, requests, clock: () => clock.now } };
}

/** Until a turn of the event loop brings nothing new. */
async function filled(asked: readonly unknown[]): Promise<void> {
  let before = -1;
  while (before !== asked.length) {
    before = asked.length;
    for (let i = 0; i < 3; i += 1) await turn();
  }
}

afterEach(() => void vi.useRealTimers());

describe('a pool of proofs', () => {
  it('DPOP-4-01 has nothing at first, then proofs for the request, and hands each out once', async () => {
    const { asked, clock, pooled } = scene();
    const pool = createProofPool({ ...pooled, size: 10 });
    expect(pool.take(order)).toBeUndefined();
    expect(asked).toHaveLength(0); // not in the turn of the request
    await filled(asked);
    const proofs = Array.from({ length: 10 }, () => pool.take(order));
    expect(pool.take(order)).toBeUndefined();
    expect(new Set(proofs).size).toBe(10);
    for (const proof of proofs) {
      const { payload } = await jwtVerify(proof ?? '', EmbeddedJWK, { currentDate: new Date(clock.now) });
      expect(payload).toMatchObject({ htm: 'POST', htu: url, ath: ath('token-1'), nonce: 'nonce-1' });
    }
    pool.close();
  });

  it('signs a few at a time, and again when half are gone', async () => {
    const { asked, pooled } = scene();
    const pool = createProofPool({ ...pooled, size: 16 });
    pool.take(order);
    for (let before = 0; before < 16; before = asked.length) {
      await turn();
      expect(asked.length - before).toBeLessThanOrEqual(4);
    }
    for (let i = 0; i < 7; i += 1) pool.take(order);
    await filled(asked);
    expect(asked).toHaveLength(16);
    pool.take(order);
    await filled(asked);
    expect(asked).toHaveLength(24);
    pool.close();
  });

  it('has proofs for what was named, whatever the query, and signs for nothing else', async () => {
    const { asked, pooled } = scene();
    const pool = createProofPool({ ...pooled, requests: [{ method: 'GET', url: `${url}?limit=1` }], size: 4 });
    const list: ProofRequest = { ...order, method: 'GET', url: `${url}?limit=5#top` };
    pool.take(list);
    await filled(asked);
    for (const other of [order, { ...list, url: `${url}/1` }, { ...list, method: 'get' }]) {
      expect(pool.take(other)).toBeUndefined();
    }
    await filled(asked);
    expect(asked).toHaveLength(4);
    expect(pool.take(list)).toBeTypeOf('string');
    pool.close();
  });

  it.each([
    ['nonce', { ...order, nonce: 'nonce-2' }],
    ['nonce that is gone', { ...order, nonce: undefined }],
    ['token', { ...order, accessToken: 'token-2' }],
  ])('throws away what it has for another %s', async (_, other) => {
    const { asked, clock, pooled } = scene();
    const pool = createProofPool({ ...pooled, size: 4 });
    pool.take(order);
    await filled(asked);
    expect(pool.take(other)).toBeUndefined();
    await filled(asked);
    const { payload } = await jwtVerify(pool.take(other) ?? '', EmbeddedJWK, { currentDate: new Date(clock.now) });
    expect([payload['nonce'], payload['ath']]).toEqual([other.nonce, ath(other.accessToken ?? '')]);
    expect(pool.take(order)).toBeUndefined(); // nor does what was there come back
    pool.close();
  });

  it('hands out nothing for a nonce that changed while a key elsewhere was signing', async () => {
    const pending: ((proof: string) => void)[] = [];
    const { asked, pooled } = scene(() => new Promise((resolve) => void pending.push(resolve)));
    const pool = createProofPool({ ...pooled, size: 2 });
    pool.take(order);
    await filled(asked);
    pool.take({ ...order, nonce: 'nonce-2' });
    for (const resolve of pending.splice(0)) resolve('for nonce-1');
    await filled(asked);
    for (const resolve of pending.splice(0)) resolve('for nonce-2');
    await filled(asked);
    expect(pool.take({ ...order, nonce: 'nonce-2' })).toBe('for nonce-2');
    pool.close();
  });

  it('is in no printout with what it holds', async () => {
    const { asked, pooled } = scene();
    const pool = createProofPool(pooled);
    pool.take(order);
    await filled(asked);
    expect(inspect(pool, { depth: 20, showHidden: true, getters: true })).not.toMatch(/eyJ|token-1|nonce-1/);
    expect(Object.keys(pool).sort()).toEqual(['close', 'take']);
    pool.close();
  });

  it.each([{ size: 0 }, { size: 1.5 }, { size: 1001 }, { maxAge: 0 }, { maxAge: 301 }, { maxAge: Number.NaN }])(
    'refuses %j',
    (option) => {
      expect(() => createProofPool({ ...scene().pooled, ...option })).toThrow(TypeError);
    },
  );
});

describe('the age of a proof in a pool', () => {
  it.each([
    ['is 20 seconds at most', {}, 20],
    ['is what was said at most', { maxAge: 5 }, 5],
  ])('DPOP-11.1-01 %s', async (_, option, seconds) => {
    const { asked, clock, pooled } = scene();
    const pool = createProofPool({ ...pooled, ...option, size: 4 });
    pool.take(order);
    await filled(asked);
    clock.now += seconds * 1000 - 1;
    expect(pool.take(order)).toBeTypeOf('string');
    clock.now += 1;
    expect(pool.take(order)).toBeUndefined();
    await filled(asked);
    clock.now -= 60_000; // set back: what there is would be of the future
    expect(pool.take(order)).toBeUndefined();
    pool.close();
  });

  it('does not grow in a pool that is in use, and one that is not comes to rest with nothing in it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { asked, clock, pooled } = scene();
    const pool = createProofPool({ ...pooled, size: 4 });
    const pass = async (milliseconds: number) => {
      clock.now += milliseconds;
      vi.advanceTimersByTime(milliseconds);
      await filled(asked);
    };
    pool.take(order);
    await filled(asked);
    for (let i = 0; i < 22; i += 1) await pass(2500);
    expect(asked.length).toBeGreaterThan(4); // 55 s without a take: all were replaced, and one is ready
    expect(asked.length).toBeLessThanOrEqual(20);
    expect(pool.take(order)).toBeTypeOf('string');
    for (let i = 0; i < 24; i += 1) await pass(2500);
    expect(vi.getTimerCount()).toBe(0);
    const atRest = asked.length;
    for (let i = 0; i < 24; i += 1) await pass(2500);
    expect(asked).toHaveLength(atRest);
    expect(pool.take(order)).toBeUndefined();
    pool.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a pool whose signer fails', () => {
  it('has nothing to take, rejects nowhere, asks again with the next take, and recovers', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', note);
    let isDown = true;
    const { signer } = scene().pooled;
    const { asked, pooled } = scene(async (request) => {
      if (isDown) throw new Error('the key does not answer');
      return signer.proof(request);
    });
    const pool = createProofPool({ ...pooled, size: 2 });
    for (let tries = 1; tries <= 3; tries += 1) {
      expect(pool.take(order)).toBeUndefined();
      await filled(asked);
      expect(asked).toHaveLength(2 * tries);
    }
    isDown = false;
    pool.take(order);
    await filled(asked);
    expect(pool.take(order)).toBeTypeOf('string');
    pool.close();
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  });

  it('takes a signer that throws at once for one that fails', async () => {
    const { asked, pooled } = scene(() => {
      throw new Error('not even a promise');
    });
    const pool = createProofPool(pooled);
    pool.take(order);
    await filled(asked);
    expect(pool.take(order)).toBeUndefined();
    pool.close();
  });
});

describe('a pool that is closed', () => {
  it('has nothing, signs nothing more and takes in nothing that was under way', async () => {
    const { asked, pooled } = scene();
    const pool = createProofPool(pooled);
    pool.take(order);
    await turn();
    pool.close();
    const before = asked.length;
    expect(before).toBeGreaterThan(0);
    expect(pool.take(order)).toBeUndefined();
    await filled(asked);
    expect(asked).toHaveLength(before);
  });

  it('or forgotten does not keep its process alive', () => {
    const program = `
      import { createProofPool, createSigner, generateKey } from '@holdfast/signer';
      const request = { method: 'POST', url: '${url}', accessToken: 'a', nonce: 'n' };
      const pool = createProofPool({ signer: createSigner({ key: await generateKey() }), requests: [request], maxAge: 300 });
      pool.take(request);
      setTimeout(() => process.stdout.write(typeof pool.take(request)), 50);
    `;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 15_000,
    });
    expect({ stdout, status }).toEqual({ stdout: 'string', status: 0 });
  });
});
