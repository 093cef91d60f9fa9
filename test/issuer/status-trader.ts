import { expect } from 'vitest';
import { assertion, proof } from './forge.ts';
import { call, FORM, form, type Received, type Served } from './listeners.ts';

/** The client `trader` of an issuer that is served over HTTPS. `now`: NumericDate by the issuer's clock. */
export interface Trader {
  token(): Promise<string>;
  revoke(token: string): Promise<void>;
}

export function createTrader({ origin }: Pick<Served, 'origin'>, now: () => number): Trader {
  const asserted = () => assertion({ payload: { aud: origin, iat: now(), exp: now() + 60 } });

  async function ask(nonce?: string): Promise<Received> {
    const DPoP = proof({ payload: { htu: `${origin}/token`, iat: now(), nonce } });
    return await call(origin, { headers: { ...FORM, DPoP }, body: form({ assertion: asserted() }) });
  }

  return {
    async token() {
      const challenged = await ask();
      const { status, body } = await ask(challenged.headers['dpop-nonce']?.[0]);
      expect({ status, body }).toMatchObject({ status: 200 });
      return String(body['access_token']);
    },
    async revoke(token) {
      const { status } = await call(origin, {
        path: '/revoke',
        headers: FORM,
        body: form({ assertion: asserted(), token }),
      });
      expect(status).toBe(200);
    },
  };
}
