import type { HoldfastError } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { type Access, createVerifier, type Verifier, type VerifierOptions } from '@holdfast/verifier';
import { Agent, fetch as undiciFetch } from 'undici';
import { describe, expect, it, vi } from 'vitest';
import { sha256 } from '../verifier/forge.ts';
import { proof, VENUE } from './forge.ts';
import { authority, type Served, serve } from './listeners.ts';
import { createTrader, type Trader } from './status-trader.ts';

/** An issuer over HTTPS and a resource server that reads its lists, with one clock that the test moves. */
interface Market extends AsyncDisposable {
  readonly served: Served;
  readonly trader: Trader;
  readonly verifier: Verifier;
  wait(seconds: number): void;
  access(token: string): Promise<Access>;
  /** 'accepted', or the reason code of the refusal. */
  outcome(token: string): Promise<string>;
}

async function openMarket(options: Partial<VerifierOptions> = {}, ttl = 30): Promise<Market> {
  let now = Date.now();
  const clock = () => now;
  const put = { clock, store: memoryStore({ clock }) };
  const served = await serve({ status_list: { ttl }, access_token_lifetime: 3600 }, '', put);
  const dispatcher = new Agent({ connect: { ca: authority.certificate } });
  const fetch = ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
  const issuer = served.origin;
  const verifier = createVerifier({
    issuer,
    audience: VENUE,
    origin: VENUE,
    clock,
    fetch,
    timeout: 10_000,
    ...options,
  });
  const seconds = () => Math.floor(now / 1000);

  async function access(token: string): Promise<Access> {
    const request = { method: 'GET', target: '/orders' };
    const [challenged] = await Promise.allSettled([verifier.verify({ ...request, headers: [] })]);
    const nonce = (challenged as PromiseRejectedResult).reason.headers['DPoP-Nonce'];
    const payload = { htm: 'GET', htu: `${VENUE}/orders`, iat: seconds(), ath: sha256(token), nonce };
    const headers = ['Authorization', `DPoP ${token}`, 'DPoP', proof({ payload })];
    return await verifier.verify({ ...request, headers });
  }

  return {
    served,
    trader: createTrader(served, seconds),
    verifier,
    wait(more) {
      now += more * 1000;
    },
    access,
    outcome: (token) =>
      access(token).then(
        () => 'accepted',
        (refusal: HoldfastError) => refusal.code,
      ),
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      await served[Symbol.asyncDispose]();
    },
  };
}

describe('a token that its client revokes', () => {
  it('FAPI2-5.3.4-03 is refused at once by a resource server that meets it for the first time', async () => {
    await using market = await openMarket();
    const [token, other] = [await market.trader.token(), await market.trader.token()];
    await market.trader.revoke(token);
    expect([await market.outcome(token), await market.outcome(other)]).toEqual(['token_revoked', 'accepted']);
  });

  it.each([
    { ttl: 30, statusMaxAge: 60, within: 30 },
    { ttl: 300, statusMaxAge: 60, within: 60 },
    { ttl: 300, statusMaxAge: 5, within: 5 },
    { ttl: 1, statusMaxAge: 60, within: 1 },
  ])('FAPI2-5.3.4-03 TSL-8.3-04 is refused within $within s by one that knows it: %j', async (row) => {
    const { ttl, statusMaxAge, within } = row;
    await using market = await openMarket({ statusMaxAge }, ttl);
    const token = await market.trader.token();
    expect(await market.outcome(token)).toBe('accepted');
    await market.trader.revoke(token);
    market.wait(within);
    expect(await market.outcome(token)).toBe('token_revoked');
  });

  it('FAPI2-5.3.4-03 is refused earlier where others use the list, without anybody waiting for it', async () => {
    await using market = await openMarket();
    const [token, other] = [await market.trader.token(), await market.trader.token()];
    expect([await market.outcome(token), await market.outcome(other)]).toEqual(['accepted', 'accepted']);
    await market.trader.revoke(token);
    market.wait(15);
    expect(await market.outcome(other)).toBe('accepted');
    await vi.waitFor(async () => expect(await market.outcome(token)).toBe('token_revoked'));
  });

  it('FAPI2-5.3.4-03 loses the connection that it opened', async () => {
    await using market = await openMarket({ watchInterval: 3_600_000 });
    const [token, other] = [await market.trader.token(), await market.trader.token()];
    const access = await market.access(token);
    const end = new Promise<HoldfastError>((resolve) => market.verifier.watch(access, resolve));
    await market.trader.revoke(token);
    market.wait(30);
    expect(await market.outcome(other)).toBe('accepted');
    expect((await end).code).toBe('token_revoked');
  });

  it('TSL-8.3-06 is refused, as all are, once the issuer is down and the list has ended', async () => {
    await using market = await openMarket();
    const token = await market.trader.token();
    expect(await market.outcome(token)).toBe('accepted');
    await market.served[Symbol.asyncDispose]();
    market.wait(29);
    expect(await market.outcome(token)).toBe('accepted');
    market.wait(1);
    expect(await market.outcome(token)).toBe('issuer_unavailable');
  });

  it('is accepted where it was not revoked, list after list, for as long as it lives', async () => {
    await using market = await openMarket();
    const token = await market.trader.token();
    for (let minute = 0; minute < 50; minute += 1) {
      expect(await market.outcome(token)).toBe('accepted');
      market.wait(61);
    }
  });
});
