import { type KeyObject, generateKeyPairSync as pair, sign, type webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import { type ForeignKeyPair, importKey, type KeySource } from '@holdfast/signer';
import { afterEach, describe, expect, it, vi } from 'vitest';

type Curve = 'P-256' | 'P-384';
const keys = { 'P-256': pair('ec', { namedCurve: 'P-256' }), 'P-384': pair('ec', { namedCurve: 'P-384' }) };
const rsa = pair('rsa', { modulusLength: 2048 });
const publicJwk = keys['P-256'].publicKey.export({ format: 'jwk' });
const SECRET = 'the PIN is 648219';

const rawBy = (input: Uint8Array, key: KeyObject = keys['P-256'].privateKey) =>
  sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });

/** A KMS, whose next signatures a test takes over. */
function createKms(): { publicJwk: object; sign: (input: Uint8Array) => unknown } {
  return { publicJwk, sign: (input) => rawBy(input) };
}

async function refusal(promised: Promise<unknown>): Promise<Error> {
  const [outcome] = await Promise.allSettled([promised]);
  if (outcome.status === 'fulfilled') throw new Error('there is no refusal');
  return outcome.reason;
}

describe('the form of a signature from elsewhere', () => {
  it.each(['P-256', 'P-384'] as const)('JOSE-7518-3.4-01 DER, as most KMS return it, is named, %s', async (crv) => {
    const { privateKey, publicKey } = keys[crv];
    const digest = crv === 'P-256' ? 'sha256' : 'sha384';
    const kms = { publicJwk: publicKey.export({ format: 'jwk' }), sign: (input: Uint8Array) => der(input) };
    const der = (input: Uint8Array) => sign(digest, input, privateKey);
    expect(await refusal(importKey(kms))).toMatchObject({
      code: 'key_unusable',
      detail: `the signature is DER instead of r and s in ${crv === 'P-256' ? 64 : 96} octets`,
    });
  });

  it.each([
    ['an ArrayBuffer', (input: Uint8Array) => new Uint8Array(rawBy(input)).buffer, 'the signature is no Uint8Array'],
    ['base64url', (input: Uint8Array) => rawBy(input).toString('base64url'), 'the signature is no Uint8Array'],
    ['nothing', () => undefined, 'the signature is no Uint8Array'],
    ['no octets', () => new Uint8Array(), 'the signature has not 64 octets'],
    ['a part', (input: Uint8Array) => rawBy(input).subarray(1), 'the signature has not 64 octets'],
  ])('JOSE-7518-3.4-01 %s is refused by what it is', async (_, answer, detail) => {
    const source = { publicJwk, sign: answer } as unknown as KeySource;
    expect(await refusal(importKey(source))).toMatchObject({ code: 'key_unusable', detail });
  });

  it('is looked at for every signature, not only for the first', async () => {
    const kms = createKms();
    const key = await importKey(kms as KeySource);
    kms.sign = (input) => sign('sha256', input, keys['P-256'].privateKey);
    expect(await refusal(Promise.resolve(key.sign('input')))).toMatchObject({ code: 'key_unusable' });
    kms.sign = (input) => rawBy(input);
    expect(await key.sign('input')).toHaveLength(64);
  });

  it('is as long as the modulus for RSA', async () => {
    const source = { publicJwk: rsa.publicKey.export({ format: 'jwk' }), sign: () => new Uint8Array(255) };
    expect(await refusal(importKey(source))).toMatchObject({ detail: 'the signature has not 256 octets' });
  });

  it('is over octets that share their memory with nothing else', async () => {
    let seen: Uint8Array = new Uint8Array();
    const source = {
      publicJwk,
      sign: (input: Uint8Array) => {
        seen = input;
        return rawBy(Buffer.from(input.buffer)); // as some clients of a KMS do it
      },
    };
    expect(await (await importKey(source)).sign('input')).toHaveLength(64);
    expect(seen.buffer.byteLength).toBe('input'.length);
  });
});

describe('a key elsewhere that fails', () => {
  const thrown: [string, unknown, string][] = [
    ['an error of a cloud', named('AccessDeniedException'), 'it does not sign (AccessDeniedException)'],
    [
      'an error of the system',
      Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }),
      'it does not sign (ECONNREFUSED)',
    ],
    ['an error of PKCS#11', new Error('CKR_TOKEN_NOT_PRESENT'), 'it does not sign (CKR_TOKEN_NOT_PRESENT)'],
    ['an error with text', new Error(SECRET), 'it does not sign'],
    ['an error named by text', named(SECRET), 'it does not sign'],
    ['text', SECRET, 'it does not sign'],
    ['nothing', undefined, 'it does not sign'],
  ];

  it.each(thrown)('says at the import by the name of the fault what it was: %s', async (_, fault, detail) => {
    const error = await refusal(importKey({ publicJwk, sign: () => Promise.reject(fault) }));
    expect(error).toMatchObject({ name: 'HoldfastError', code: 'key_unusable', detail });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SECRET);
  });

  it.each(thrown)('says so at a signature later, whether it throws or rejects: %s', async (_, fault, detail) => {
    const kms = createKms();
    const key = await importKey(kms as KeySource);
    const throwing = () => {
      throw fault;
    };
    for (const fails of [() => Promise.reject(fault), throwing]) {
      kms.sign = fails;
      const error = await refusal((async () => key.sign('input'))());
      expect(error).toMatchObject({ name: 'HoldfastError', code: 'key_unusable', detail });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SECRET);
    }
    kms.sign = (input) => rawBy(input);
    expect(await key.sign('input')).toHaveLength(64);
  });
});

describe('a key elsewhere that is slow', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const freeze = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

  it('is waited for, and many signatures are under way at once', async () => {
    const kms = createKms();
    const key = await importKey(kms as KeySource);
    freeze();
    let underway = 0;
    kms.sign = async (input) => {
      underway += 1;
      await new Promise((resolve) => setTimeout(resolve, 29_000));
      return rawBy(input);
    };
    const signatures = Promise.all([key.sign('one'), key.sign('two'), key.sign('three')]);
    expect(underway).toBe(3);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await signatures).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up after 30 seconds, or what the caller says, at the import and later', async () => {
    freeze();
    const silent = () => new Promise<Uint8Array>(() => {});
    const late = refusal(importKey({ publicJwk, sign: silent }));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await late).toMatchObject({ code: 'key_unusable', detail: 'it does not sign: no answer within 30000 ms' });
    const kms = createKms();
    const key = await importKey({ ...kms, sign: (input: Uint8Array) => kms.sign(input), timeout: 500 } as KeySource);
    kms.sign = silent;
    const later = refusal(Promise.resolve(key.sign('input')));
    await vi.advanceTimersByTimeAsync(500);
    expect(await later).toMatchObject({ code: 'key_unusable', detail: 'it does not sign: no answer within 500 ms' });
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '500'])(
    'has no time that is none: %s',
    async (timeout) => {
      const source = { publicJwk, sign: rawBy, timeout } as KeySource;
      expect(await refusal(importKey(source))).toMatchObject({ code: 'key_unusable', detail: 'timeout' });
    },
  );
});

describe('a provider that makes one signature at a time, as a session of PKCS#11', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Node's keys behind a session: what begins during a signature fails. */
  async function createSession(crv: Curve = 'P-256') {
    const { subtle } = globalThis.crypto;
    const algorithm = { name: 'ECDSA', namedCurve: crv };
    const pair = (await subtle.generateKey(algorithm, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const state = {
      isActive: false,
      begun: 0,
      failing: new Set<number>(),
      hold: Promise.resolve() as Promise<unknown>,
    };
    const crypto = {
      subtle: {
        exportKey: subtle.exportKey.bind(subtle),
        sign: async (...[name, key, data]: Parameters<typeof subtle.sign>) => {
          if (state.isActive) throw new Error('CKR_OPERATION_ACTIVE');
          state.isActive = true;
          state.begun += 1;
          try {
            if (state.failing.has(state.begun)) throw new Error('CKR_DEVICE_ERROR');
            await state.hold;
            return await subtle.sign(name, key, data);
          } finally {
            state.isActive = false;
          }
        },
      },
    } as unknown as Crypto;
    return { source: { ...pair, crypto } as ForeignKeyPair, state };
  }

  /** The signatures that begin from now on wait for what is returned to be called. Time stands still. */
  function holdBack(state: { hold: Promise<unknown> }): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    state.hold = promise;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    return resolve;
  }

  it('gives as many signatures as are asked for at once, of several keys', async () => {
    const { source } = await createSession();
    const [one, two] = await Promise.all([importKey(source), importKey({ ...source })]);
    const inputs = Array.from({ length: 20 }, (_, index) => `input ${index}`);
    const signatures = await Promise.all(inputs.map((input, index) => (index % 2 ? one : two).sign(input)));
    const { publicKey } = source;
    for (const [index, signature] of signatures.entries()) {
      const data = Buffer.from(inputs[index] ?? '');
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
      expect(await crypto.subtle.verify(algorithm, publicKey, new Uint8Array(signature), data)).toBe(true);
    }
  });

  it('goes on after a signature that fails', async () => {
    const { source, state } = await createSession();
    const key = await importKey(source);
    state.failing.add(state.begun + 2);
    const outcomes = await Promise.allSettled(['one', 'two', 'three'].map((input) => key.sign(input)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'key_unusable', detail: 'it does not sign (CKR_DEVICE_ERROR)' },
    });
  });

  it('gives up what waits behind a signature that does not come, without beginning it', async () => {
    const { source, state } = await createSession();
    const [patient, hasty] = await Promise.all([importKey(source), importKey({ ...source, timeout: 500 })]);
    const release = holdBack(state);
    const { begun } = state;
    const slow = patient.sign('input');
    const waiting = Array.from({ length: 5 }, () => refusal(Promise.resolve(hasty.sign('input'))));
    await vi.advanceTimersByTimeAsync(500);
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'key_unusable', detail: 'it does not sign: no answer within 500 ms' });
    }
    const last = patient.sign('input');
    release();
    expect((await Promise.all([slow, last])).map(({ length }) => length)).toEqual([64, 64]);
    expect(state.begun).toBe(begun + 2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds nobody up for longer than its time, and serves again when it does', async () => {
    const { source, state } = await createSession();
    const key = await importKey(source);
    const release = holdBack(state);
    const late = refusal(Promise.resolve(key.sign('input')));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await late).toMatchObject({ detail: 'it does not sign: no answer within 30000 ms' });
    const taken = await refusal(Promise.resolve(key.sign('input')));
    expect(taken).toMatchObject({ code: 'key_unusable', detail: 'it does not sign (CKR_OPERATION_ACTIVE)' });
    release();
    expect(await vi.waitFor(() => key.sign('input'))).toHaveLength(64);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says at the import why it does not give the public half', async () => {
    const { source } = await createSession();
    const subtle = { exportKey: () => Promise.reject(new Error('CKR_SESSION_HANDLE_INVALID')) };
    const crypto = { subtle } as unknown as Crypto;
    expect(await refusal(importKey({ ...source, crypto }))).toMatchObject({
      code: 'key_unusable',
      detail: 'the public half cannot be read (CKR_SESSION_HANDLE_INVALID)',
    });
  });

  it('is told apart from Node by name when its keys come without it', async () => {
    const foreign = { type: 'private', algorithm: { name: 'ECDSA', namedCurve: 'P-256' }, usages: ['sign'] };
    const detail = 'a CryptoKey of another implementation comes as { privateKey, publicKey, crypto }';
    for (const source of [foreign, { privateKey: foreign, publicKey: { ...foreign, type: 'public' } }]) {
      expect(await refusal(importKey(source as unknown as KeySource))).toMatchObject({ code: 'key_unusable', detail });
    }
  });
});

function named(name: string): Error {
  return Object.assign(new Error(SECRET), { name });
}
