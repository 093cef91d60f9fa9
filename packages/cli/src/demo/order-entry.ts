/** A type of authorization_details (RFC 9396) for people who let somebody place orders for them. */
export function orderEntryType(resource: string): object {
  const notional = {
    type: 'object',
    properties: {
      amount: { type: 'string', pattern: '^[1-9][0-9]{0,11}$' },
      currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    },
    required: ['amount', 'currency'],
  };
  return {
    type: 'order_entry',
    resource,
    title: 'Place orders',
    labels: { instruments: 'Instruments', sides: 'Sides', maximum_notional: 'At most per order' },
    schema: {
      type: 'object',
      properties: {
        type: { const: 'order_entry' },
        instruments: { type: 'array', items: { type: 'string', pattern: '^[A-Z]{1,8}$' }, minItems: 1, maxItems: 20 },
        sides: { type: 'array', items: { enum: ['buy', 'sell'] }, minItems: 1, uniqueItems: true },
        maximum_notional: notional,
      },
      required: ['type', 'instruments', 'sides', 'maximum_notional'],
    },
  };
}

export const ORDER_ENTRY_OF_ANNA = {
  type: 'order_entry',
  instruments: ['ACME'],
  sides: ['buy', 'sell'],
  maximum_notional: { amount: '1000000', currency: 'USD' },
} as const;
