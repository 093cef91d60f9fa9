import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DECISIONS, type Decision } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { makeKey } from './forge.ts';
import { boundTo, ISSUER, Scene } from './scene.ts';

/** What is published while `act` runs. */
async function decisions(act: () => Promise<unknown>): Promise<Decision[]> {
  const published: Decision[] = [];
  const listen = (decision: unknown) => published.push(decision as Decision);
  subscribe(DECISIONS, listen);
  try {
    await act();
  } finally {
    unsubscribe(DECISIONS, listen);
  }
  return published;
}

describe('node:diagnostics_channel', () => {
  it('tells of a granted request who asked, how long each step took, and what was known before', async () => {
    const scene = new Scene();
    const token = scene.token();
    const [first, second] = [await scene.message({ token }), await scene.message({ token })];
    const told = await decisions(async () => {
      await scene.verifier.verify(first);
      await scene.verifier.verify(second);
    });
    const common = { outcome: 'granted', scheme: 'DPoP', alg: 'ES256', issuer: ISSUER, clientId: 'client-1' };
    expect(told).toEqual([
      { ...common, senderKeyKnown: false, tokenKnown: false, steps: expect.anything(), duration: expect.any(Number) },
      { ...common, senderKeyKnown: true, tokenKnown: true, steps: expect.anything(), duration: expect.any(Number) },
    ]);
    for (const { steps, duration } of told) {
      expect(Object.keys(steps)).toEqual(['proof', 'token', 'signature', 'replay']);
      const sum = Object.values(steps).reduce((total, each) => total + each, 0);
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThanOrEqual(duration);
    }
  });

  it('tells of a refused request the code, the status and the measured skew', async () => {
    const scene = new Scene();
    const message = await scene.message({ token: { payload: { exp: scene.now - 7 } } });
    expect(await decisions(() => scene.code(message))).toMatchObject([
      { outcome: 'refused', code: 'token_expired', status: 401, skew: -7, scheme: 'DPoP' },
    ]);
    expect(await decisions(() => scene.code({ method: 'GET', target: '/', headers: [] }))).toEqual([
      {
        outcome: 'refused',
        code: 'credentials_missing',
        status: 401,
        senderKeyKnown: false,
        tokenKnown: false,
        steps: {},
        duration: expect.any(Number),
      },
    ]);
  });

  it('tells what kept the issuer away, which no sender is told', async () => {
    const issuer = `https://127.0.0.1:${await freePort()}`;
    const scene = new Scene({ issuer, jwks: undefined as never });
    const message = await scene.message();
    expect(await decisions(() => scene.code(message))).toMatchObject([
      { outcome: 'refused', code: 'issuer_unavailable', status: 503, fault: { reason: 'ECONNREFUSED' } },
    ]);
  });

  it('tells the scheme of a certificate-bound token', async () => {
    const scene = new Scene();
    const certificate = Buffer.from('own');
    const message = await scene.message({ scheme: 'Bearer', token: boundTo(certificate), certificate });
    expect(await decisions(() => scene.verifier.verify(message))).toMatchObject([
      { outcome: 'granted', scheme: 'Bearer' },
    ]);
  });

  it('holds nothing secret and no claim', async () => {
    const scene = new Scene();
    const good = await scene.message();
    const bad = await scene.message({ proof: { key: makeKey() } });
    const told = await decisions(async () => {
      await scene.verifier.verify(good);
      await scene.code(good);
      await scene.code(bad);
    });
    expect(told.map(({ outcome }) => outcome)).toEqual(['granted', 'refused', 'refused']);
    const text = JSON.stringify(told);
    for (const [, value] of [...good.headers, ...bad.headers].entries()) {
      for (const part of value.split(/[ .]/)) if (part.length > 10) expect(text).not.toContain(part);
    }
    expect(text).not.toContain('trader-1');
  });

  it('a listener that throws changes no decision', async () => {
    const scene = new Scene();
    const message = await scene.message();
    const thrown: unknown[] = [];
    const collect = (error: unknown) => thrown.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', collect);
    const fail = () => {
      throw new Error('listener');
    };
    subscribe(DECISIONS, fail);
    try {
      expect(await scene.verifier.verify(message)).toMatchObject({ clientId: 'client-1' });
      expect(await scene.code(message)).toBe('proof_replayed');
      await new Promise(setImmediate);
    } finally {
      unsubscribe(DECISIONS, fail);
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
    expect(thrown).toHaveLength(2);
  });
});
