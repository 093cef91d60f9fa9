import { seconds, signRequest } from '@holdfast/proof';
import type { Cast } from './cast.ts';
import { refused, type Scenario } from './scenario.ts';

const ORDER = { instrument: 'ACME', type: 'limit', side: 'buy', quantity: 10, price: '98.00' };
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * Somebody ends TLS between the trader and the venue: the proof covers method, URL and token, not the rest.
 * A signature covers the body, too (RFC 9421, RFC 9530).
 */
export function signedOrderScenarios({ signing, dpop, dpopSigner, thief, thiefKey, deployment, clock }: Cast) {
  const url = `${deployment.facts.signedResource}/orders`;
  const body = JSON.stringify(ORDER);
  const larger = JSON.stringify({ ...ORDER, quantity: 1000 });
  const order = { method: 'POST', url, headers: JSON_TYPE, body } as const;

  /** The fields of an order of the trader's that has not arrived yet. */
  const caught = async (): Promise<Record<string, string>> => ({ ...JSON_TYPE, ...(await signing.headersFor(order)) });

  const scenarios: readonly Scenario[] = [
    {
      name: 'DPoP trader places a signed order, and checks the signed answer',
      expected: { status: 201, code: 'open' },
      run: async () => {
        const response = await signing.fetch(url, order);
        return { status: response.status, code: ((await response.json()) as { status: string }).status };
      },
    },
    refused('signed order, its quantity changed on the way', 'digest_mismatch', async () =>
      thief.send({ ...order, headers: await caught(), body: larger }),
    ),
    refused('the same with a signature by another key', 'signature_invalid', async () => {
      const { Authorization = '', DPoP = '' } = await caught();
      const headers = { authorization: Authorization, dpop: DPoP, ...JSON_TYPE };
      const request = {
        method: order.method,
        targetUri: url,
        headers: Object.entries(headers).flat(),
        content: larger,
      };
      const made = { key: thiefKey, keyid: dpopSigner.jkt, created: seconds(clock) };
      return thief.send({ ...order, headers: { ...headers, ...(await signRequest(request, made)) }, body: larger });
    }),
    refused('order without a signature, where orders are signed', 'signature_missing', async () => {
      const response = await dpop.fetch(url, order);
      return { status: response.status, code: ((await response.json()) as { code: string }).code };
    }),
  ];
  return scenarios;
}
