import type { JsonObject } from '@holdfast/proof';

const DECIMAL = /^-?\d{1,30}(?:\.\d{1,30})?$/;
const CURRENCY = /^[A-Za-z0-9]{2,12}$/; // ISO 4217, and what exchanges call theirs

/** 1000000.00 → 1,000,000.00. No digit is changed, and nothing is rounded; what is no plain decimal stays as it is. */
export function grouped(number: string): string {
  if (!DECIMAL.test(number)) return number;
  const [whole = '', fraction] = number.split('.');
  const groups = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

/** An object of amount and currency and nothing else, as in 1,000,000.00 USD. */
export function moneyOf({ amount, currency, ...others }: JsonObject): string | undefined {
  const decimal = typeof amount === 'number' ? String(amount) : amount;
  if (typeof decimal !== 'string' || !DECIMAL.test(decimal)) return undefined;
  if (typeof currency !== 'string' || !CURRENCY.test(currency)) return undefined;
  return Object.keys(others).length === 0 ? `${grouped(decimal)} ${currency}` : undefined;
}
