import { createNonces, type Expected, type Nonces } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import rfc9449 from '../vectors/rfc9449.json' with { type: 'json' };
import { forge, NOW } from './forge.ts';
import { judge, verdict } from './judge.ts';

const STEP = 60;
const FIRST = Math.ceil(NOW / STEP) * STEP; // the first second of a step

/** A server whose time the test moves. */
interface Served {
  readonly secret?: Uint8Array;
  readonly secrets?: readonly Uint8Array[];
  readonly server?: string;
}

const SERVER = 'resource https://venue.example';

function serve({ secret = new Uint8Array(32).fill(7), secrets = [secret], server = SERVER }: Served = {}) {
  const time = { now: FIRST };
  const nonces = createNonces({ clock: () => time.now * 1000, server, secrets, step: STEP });
  return { time, nonces };
}

describe('the nonce', () => {
  it('DPOP-8.1-01 is within NQCHAR at any time, and has 128 bits', () => {
    const moments = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(moments, (moment) => {
        expect(createNonces({ clock: () => moment, server: SERVER }).current()).toMatch(
          /^[\x21\x23-\x5b\x5d-\x7e]{22}$/,
        );
      }),
    );
  });

  it('DPOP-8-01 cannot be predicted from the time: another process, another nonce', () => {
    const clock = (): number => NOW * 1000;
    const drawn = new Set(Array.from({ length: 1000 }, () => createNonces({ clock, server: SERVER }).current()));
    expect(drawn.size).toBe(1000);
  });

  it('DPOP-8-01 cannot be predicted from earlier ones: every step has its own', () => {
    const { time, nonces } = serve();
    const drawn = new Set<string>();
    for (let i = 0; i < 1000; i += 1, time.now += STEP) drawn.add(nonces.current());
    expect(drawn.size).toBe(1000);
  });

  it('DPOP-8-01 depends on every octet of the secret', () => {
    const plain = serve().nonces.current();
    for (let i = 0; i < 32; i += 1) {
      const secret = new Uint8Array(32).fill(7);
      secret[i] = 8;
      expect(serve({ secret }).nonces.current()).not.toBe(plain);
    }
  });

  it.each([0, 16, 31])('DPOP-8-01 a secret of %d octets is a programming mistake', (length) => {
    expect(() => serve({ secret: new Uint8Array(length) })).toThrow(TypeError);
  });

  it.each([0, -60, Number.NaN, Number.POSITIVE_INFINITY, 0.5])(
    'DPOP-8-01 a step of %d, under which a nonce might never end, is a programming mistake',
    (step) => {
      expect(() => createNonces({ clock: () => NOW * 1000, server: SERVER, step })).toThrow(TypeError);
    },
  );

  it('DPOP-8-05 is the same in a group of servers with one secret, and unknown to all others', () => {
    const { nonces } = serve();
    expect(serve().nonces.acceptedUntil(nonces.current())).toBeDefined();
    expect(serve({ secret: new Uint8Array(32).fill(9) }).nonces.acceptedUntil(nonces.current())).toBeUndefined();
  });

  it.each(['issuer https://venue.example', 'resource https://other.example', ''])(
    'DPOP-8-05 a server that shares the secret in another role or place (%j) does not accept it',
    (server) => {
      expect(serve({ server }).nonces.acceptedUntil(serve().nonces.current())).toBeUndefined();
    },
  );

  it('DPOP-8-05 rotates a secret in a group without losing a nonce: learn it, use it, drop the old one', () => {
    const [old, fresh] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];
    const stages = [[old], [old, fresh], [fresh, old], [fresh]].map((secrets) => serve({ secrets }).nonces);
    for (const [i, stage] of stages.entries()) {
      // In the middle of each rollout both neighbours serve at once
      for (const neighbour of stages.slice(Math.max(0, i - 1), i + 2)) {
        expect(neighbour.acceptedUntil(stage.current())).toBeDefined();
      }
    }
    expect(stages.at(-1)?.acceptedUntil(stages[0]?.current() ?? '')).toBeUndefined();
  });

  it('DPOP-8-01 no secret at all is a programming mistake', () => {
    expect(() => serve({ secrets: [] })).toThrow(TypeError);
  });

  it.each<unknown>(['c0ffee'.repeat(12), { length: 32 }])(
    'DPOP-8-01 a secret of %j, most of which would count as zeros, is a programming mistake',
    (secret) => {
      expect(() => serve({ secret: secret as Uint8Array })).toThrow(TypeError);
    },
  );

  it('DPOP-8-05 keeps its secret when the buffer that gave it is wiped', () => {
    const secret = new Uint8Array(32).fill(7);
    const { time, nonces } = serve({ secret });
    secret.fill(0);
    time.now += STEP;
    const untouched = serve();
    untouched.time.now += STEP;
    expect(nonces.current()).toBe(untouched.nonces.current());
  });
});

describe('a clock that moves', () => {
  it('DPOP-8-04 accepts a nonce through its own step and the next, to the second', () => {
    const { time, nonces } = serve();
    const nonce = nonces.current();
    const until = FIRST + 2 * STEP - 1;
    for (const now of [FIRST, FIRST + 1, FIRST + STEP - 1, FIRST + STEP, until]) {
      time.now = now;
      expect([now, nonces.acceptedUntil(nonce)]).toEqual([now, until]);
    }
    time.now = until + 1;
    expect(nonces.acceptedUntil(nonce)).toBeUndefined();
  });

  it('DPOP-8-04 hands out one nonce per step', () => {
    const { time, nonces } = serve();
    const first = nonces.current();
    time.now = FIRST + STEP - 0.001;
    expect(nonces.current()).toBe(first);
    time.now = FIRST + STEP;
    expect(nonces.current()).not.toBe(first);
  });

  it('DPOP-8-04 accepts no nonce of a step that has not begun', () => {
    const { time, nonces } = serve();
    time.now = FIRST + STEP;
    const next = nonces.current();
    time.now = FIRST;
    expect(nonces.acceptedUntil(next)).toBeUndefined();
  });

  it('DPOP-8-04 a clock set back or far ahead and back again ends where it was', () => {
    const { time, nonces } = serve();
    const before = nonces.current();
    for (const jump of [-1, 1, 3600, -86_400, 10 * 365 * 86_400]) {
      time.now = FIRST + jump * STEP;
      expect(nonces.current()).not.toBe(before);
      time.now = FIRST;
      expect(nonces.current()).toBe(before);
    }
  });

  it('DPOP-8-04 a nonce is accepted for one to two steps, whenever it was handed out', () => {
    const anytime = fc.record({ handed: fc.integer({ min: 0, max: 10_000 }), later: fc.integer({ min: 0, max: 200 }) });
    fc.assert(
      fc.property(anytime, ({ handed, later }) => {
        const { time, nonces } = serve();
        time.now = FIRST + handed;
        const nonce = nonces.current();
        time.now += later;
        const until = nonces.acceptedUntil(nonce);
        if (later <= STEP) expect(until).toBeGreaterThanOrEqual(time.now);
        if (later >= 2 * STEP) expect(until).toBeUndefined();
        if (until !== undefined) expect(until - time.now).toBeLessThan(2 * STEP);
      }),
    );
  });
});

describe('a proof where nonces are required', () => {
  const expecting = (nonces: Nonces, now = FIRST): Partial<Expected> => ({
    freshness: { now, maxAge: 60, skew: 10, nonces },
  });

  it('DPOP-4.3-10 DPOP-11.3-01 is challenged without one, however fresh its iat', () => {
    const { nonces } = serve();
    expect(verdict(forge({ payload: { iat: FIRST } }), expecting(nonces))).toBe('nonce_missing');
  });

  it('DPOP-4.3-10 is accepted with the current and the previous one, until it ends', () => {
    const { time, nonces } = serve();
    const nonce = nonces.current();
    for (const now of [FIRST, FIRST + STEP]) {
      time.now = now;
      const { acceptableUntil } = judge(forge({ payload: { nonce } }), expecting(nonces, now));
      expect(acceptableUntil).toBe(FIRST + 2 * STEP - 1);
    }
    time.now = FIRST + 2 * STEP;
    expect(verdict(forge({ payload: { nonce } }), expecting(nonces, time.now))).toBe('nonce_stale');
  });

  const { nonces } = serve();
  const current = nonces.current();
  it.each([
    ['cut', current.slice(0, -1)],
    ['longer', `${current}A`],
    ['padded', `${current}==`],
    ['in other case', current.toLowerCase()],
    ['of another server', serve({ secret: new Uint8Array(32).fill(9) }).nonces.current()],
    ['the one of RFC 9449', rfc9449.nonces[0]],
    ['two at once', `${current}${current}`],
    ['with a space', ` ${current}`],
    ['the word undefined', 'undefined'],
  ])('DPOP-8-04 is challenged with one that is %s', (_, nonce) => {
    expect(verdict(forge({ payload: { nonce } }), expecting(nonces))).toBe('nonce_stale');
  });

  it.each([null, '', 0, true, [current], { nonce: current }])('DPOP-4.3-10 is refused with a nonce of %j', (nonce) => {
    expect(verdict(forge({ payload: { nonce } }), expecting(nonces))).toBe('proof_claims');
  });

  it('DPOP-4.3-11 is judged by the time in the nonce, not by its iat, whose type still counts', () => {
    const skewed = (iat: unknown): string => verdict(forge({ payload: { iat, nonce: current } }), expecting(nonces));
    for (const iat of [FIRST - 3600, FIRST + 3600, 0]) expect(skewed(iat)).toBe('accepted');
    for (const iat of [undefined, String(FIRST), null]) expect(skewed(iat)).toBe('proof_claims');
  });

  it('is challenged only when all else is sound, so that nobody else gets a nonce', () => {
    expect(verdict(forge({ payload: { htm: 'GET' } }), expecting(nonces))).toBe('proof_htm');
    expect(verdict(forge({ payload: { htu: 'https://evil.example/' } }), expecting(nonces))).toBe('proof_htu');
    expect(verdict(forge({ payload: { ath: 'x' } }), { ...expecting(nonces), accessToken: 'y' })).toBe('proof_ath');
  });

  it('ignores a nonce where none are required', () => {
    expect(verdict(forge({ payload: { nonce: 'of somebody else' } }))).toBe('accepted');
  });
});
