import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { NOW } from './forge.ts';
import { type Answer, browser, createPeople, csrfOf, type People } from './people.ts';
import { placeOf, readList } from './status-scene.ts';

/** A store that fails at one call, counted from when it is set: before it is done, or with the answer lost on the way. */
function interrupted(isDone: boolean) {
  const store = memoryStore({ clock: () => NOW * 1000 });
  const state = { left: Number.POSITIVE_INFINITY };
  function call<T>(act: () => T): T {
    state.left -= 1;
    if (state.left !== 0) return act();
    if (isDone) act();
    throw new HoldfastError('store_unavailable');
  }
  const failing: Store = {
    add: (...entry) => call(() => store.add(...entry)),
    get: (key) => call(() => store.get(key)),
    take: (key) => call(() => store.take(key)),
  };
  return { store: failing, state };
}

interface Act {
  /** Does it; again when it is called again. */
  readonly act: () => Promise<Answer>;
  /** What is to be after it was done again. */
  readonly expectDone: (answer: Answer) => Promise<void>;
}

async function approval(its: People): Promise<Act> {
  const her = browser();
  const path = await its.open(her, await its.pushed());
  await its.logIn(her, path);
  const csrf = csrfOf((await its.browse(her, path)).text);
  return {
    act: () => its.browse(her, path, { csrf, decision: 'approve' }),
    async expectDone({ headers }) {
      const code = new URL(headers['Location'] ?? '').searchParams.get('code') ?? '';
      expect((await its.redeem(code)).status).toBe(200);
    },
  };
}

async function refresh(its: People): Promise<Act> {
  const token = String((await its.redeem(await its.code())).body['refresh_token']);
  const nonce = await its.nonce();
  return {
    act: () => its.refresh(token, {}, { proof: { payload: { nonce } } }),
    async expectDone({ body }) {
      expect((await its.refresh(String(body['refresh_token'] ?? token))).status).toBe(200);
    },
  };
}

async function revocation(its: People): Promise<Act> {
  const { body } = await its.redeem(await its.code());
  const [token, { idx, uri }] = [String(body['refresh_token']), placeOf(String(body['access_token']))];
  return {
    act: () => its.send('revoke', { form: { token } }),
    async expectDone() {
      expect((await readList(its.issuer, uri)).statuses[idx]).toBe(1);
      expect((await its.refresh(token)).body['code']).toBe('grant_revoked');
    },
  };
}

const ACTS: [string, (its: People) => Promise<Act>, object, number][] = [
  ['RFC 9126 §7.3 an approval', approval, {}, 5],
  ['RFC 6749 §6 a refresh', refresh, {}, 10],
  ['RFC 6749 §6 a refresh that rotates', refresh, { refresh_token_rotation: {} }, 13],
  ['REV-2.1-04 a revocation', revocation, {}, 10],
];

describe.each(ACTS)('%s that any call of the store interrupts', (_what, prepare, config, least) => {
  it.each([
    ['before it is done', false],
    ['and whose answer is lost', true],
  ])('is refused, and done when it comes again: a call that fails %s', async (_when, isDone) => {
    for (let call = 1; ; call += 1) {
      const { store, state } = interrupted(isDone);
      const { act, expectDone } = await prepare(await createPeople({ status_list: {}, ...config }, { store }));
      state.left = call;
      const { status } = await act();
      if (state.left > 0) {
        expect([status < 400, call > least]).toEqual([true, true]); // no such call any more
        return;
      }
      expect(status).toBe(503);
      const again = await act();
      expect(again.status).toBeLessThan(400);
      await expectDone(again);
    }
  });
});
